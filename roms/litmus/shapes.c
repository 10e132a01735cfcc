/*
 * The classical shapes, by their usual names (Alglave, Maranget and Tautschnig, "Herding cats",
 * 2014): a few accesses of two to four CPUs to the locations x and y, both 0 at first, and an
 * outcome that only shows when some of them happen out of order.
 */
#include "litmus.h"

#define BATCH    512   /* rounds between two meetings, each with locations of its own */
#define PATIENCE 30000 /* in one of these */

struct slot {
    LINE uint64_t x;
    LINE uint64_t y;
    LINE uint64_t r[4]; /* what was loaded */
};

static struct slot slot[BATCH];

/* ---- stores ---- */

static void x_then_y(struct slot *s)
{
    str(&s->x, 1);
    str(&s->y, 1);
}

static void x_dmb_st_y(struct slot *s)
{
    str(&s->x, 1);
    dmb_st();
    str(&s->y, 1);
}

static void x_then_stlr_y(struct slot *s)
{
    str(&s->x, 1);
    stlr(&s->y, 1);
}

static void x1_then_y2(struct slot *s)
{
    str(&s->x, 1);
    str(&s->y, 2);
}

static void y1_then_x2(struct slot *s)
{
    str(&s->y, 1);
    str(&s->x, 2);
}

static void x1_dmb_st_y2(struct slot *s)
{
    str(&s->x, 1);
    dmb_st();
    str(&s->y, 2);
}

static void y1_dmb_st_x2(struct slot *s)
{
    str(&s->y, 1);
    dmb_st();
    str(&s->x, 2);
}

static void x1_stlr_y2(struct slot *s)
{
    str(&s->x, 1);
    stlr(&s->y, 2);
}

static void y1_stlr_x2(struct slot *s)
{
    str(&s->y, 1);
    stlr(&s->x, 2);
}

static void x_alone(struct slot *s)
{
    str(&s->x, 1);
}

static void y_alone(struct slot *s)
{
    str(&s->y, 1);
}

static void stlr_x_alone(struct slot *s)
{
    stlr(&s->x, 1);
}

static void stlr_y_alone(struct slot *s)
{
    stlr(&s->y, 1);
}

static void x1_then_x2(struct slot *s)
{
    str(&s->x, 1);
    str(&s->x, 2);
}

/* ---- a store, then a load ---- */

static void x_read_y(struct slot *s)
{
    str(&s->x, 1);
    s->r[0] = ldr(&s->y);
}

static void y_read_x(struct slot *s)
{
    str(&s->y, 1);
    s->r[1] = ldr(&s->x);
}

static void x_dmb_read_y(struct slot *s)
{
    str(&s->x, 1);
    dmb();
    s->r[0] = ldr(&s->y);
}

static void y_dmb_read_x(struct slot *s)
{
    str(&s->y, 1);
    dmb();
    s->r[1] = ldr(&s->x);
}

static void stlr_x_ldar_y(struct slot *s)
{
    stlr(&s->x, 1);
    s->r[0] = ldar(&s->y);
}

static void stlr_y_ldar_x(struct slot *s)
{
    stlr(&s->y, 1);
    s->r[1] = ldar(&s->x);
}

static void stlr_x_ldapr_y(struct slot *s)
{
    stlr(&s->x, 1);
    s->r[0] = ldapr(&s->y);
}

static void stlr_y_ldapr_x(struct slot *s)
{
    stlr(&s->y, 1);
    s->r[1] = ldapr(&s->x);
}

static void y2_dmb_read_x(struct slot *s)
{
    str(&s->y, 2);
    dmb();
    s->r[0] = ldr(&s->x);
}

static void x_dmb_y1(struct slot *s)
{
    str(&s->x, 1);
    dmb();
    str(&s->y, 1);
}

static void x2_read_x(struct slot *s)
{
    str(&s->x, 2);
    s->r[0] = ldr(&s->x);
}

/* ---- two loads ---- */

static void read_y_read_x(struct slot *s)
{
    s->r[0] = ldr(&s->y);
    s->r[1] = ldr(&s->x);
}

static void read_y_dmb_ld_read_x(struct slot *s)
{
    s->r[0] = ldr(&s->y);
    dmb_ld();
    s->r[1] = ldr(&s->x);
}

static void ldar_y_read_x(struct slot *s)
{
    s->r[0] = ldar(&s->y);
    s->r[1] = ldr(&s->x);
}

static void ldapr_y_read_x(struct slot *s)
{
    s->r[0] = ldapr(&s->y);
    s->r[1] = ldr(&s->x);
}

static void read_y_addr_read_x(struct slot *s)
{
    s->r[0] = ldr(&s->y);
    s->r[1] = ldr_address(&s->x, s->r[0]);
}

static void read_x_read_x(struct slot *s)
{
    s->r[0] = ldr(&s->x);
    s->r[1] = ldr(&s->x);
}

static void third_reads_x_y(struct slot *s)
{
    s->r[0] = ldr(&s->x);
    s->r[1] = ldr(&s->y);
}

static void fourth_reads_y_x(struct slot *s)
{
    s->r[2] = ldr(&s->y);
    s->r[3] = ldr(&s->x);
}

static void third_addr_x_y(struct slot *s)
{
    s->r[0] = ldr(&s->x);
    s->r[1] = ldr_address(&s->y, s->r[0]);
}

static void fourth_addr_y_x(struct slot *s)
{
    s->r[2] = ldr(&s->y);
    s->r[3] = ldr_address(&s->x, s->r[2]);
}

static void third_ldar_x_y(struct slot *s)
{
    s->r[0] = ldar(&s->x);
    s->r[1] = ldar(&s->y);
}

static void fourth_ldar_y_x(struct slot *s)
{
    s->r[2] = ldar(&s->y);
    s->r[3] = ldar(&s->x);
}

/* ---- a load, then a store ---- */

static void read_x_y(struct slot *s)
{
    s->r[0] = ldr(&s->x);
    str(&s->y, 1);
}

static void read_y_x(struct slot *s)
{
    s->r[1] = ldr(&s->y);
    str(&s->x, 1);
}

static void read_x_data_y(struct slot *s)
{
    uint64_t x = ldr(&s->x);
    str_data(&s->y, 1, x);
    s->r[0] = x;
}

static void read_y_data_x(struct slot *s)
{
    uint64_t y = ldr(&s->y);
    str_data(&s->x, 1, y);
    s->r[1] = y;
}

static void ldar_x_y(struct slot *s)
{
    s->r[0] = ldar(&s->x);
    str(&s->y, 1);
}

static void ldar_y_x(struct slot *s)
{
    s->r[1] = ldar(&s->y);
    str(&s->x, 1);
}

static void third_y_addr_x(struct slot *s)
{
    s->r[1] = ldr(&s->y);
    s->r[2] = ldr_address(&s->x, s->r[1]);
}

/* ---- outcomes that show that something happened out of order ---- */

static bool both_0(const struct slot *s)
{
    return !s->r[0] && !s->r[1];
}

static bool both_1(const struct slot *s)
{
    return s->r[0] && s->r[1];
}

static bool first_1_then_0(const struct slot *s)
{
    return s->r[0] && !s->r[1];
}

static bool readers_disagree(const struct slot *s)
{
    return s->r[0] && !s->r[1] && s->r[2] && !s->r[3];
}

static bool first_stores_stay(const struct slot *s)
{
    return s->x == 1 && s->y == 1;
}

static bool x_is_1(const struct slot *s)
{
    return s->x == 1;
}

static bool y2_and_x_unseen(const struct slot *s)
{
    return s->y == 2 && !s->r[0];
}

static bool seen_then_unseen(const struct slot *s)
{
    return s->r[0] && s->r[1] && !s->r[2];
}

/* CoWR: its own store is older than the one it reads; then that is the last one. */
static bool own_store_unseen(const struct slot *s)
{
    return !s->r[0] || (s->r[0] == 1 && s->x == 2);
}

/* ---- the tests ---- */

static const struct shape {
    const char *name;
    unsigned cpus;
    enum { FORBIDDEN, ALLOWED, SEEN_ON_QEMU } kind; /* of the outcome; the last: by 7.2, wrongly */
    bool (*outcome)(const struct slot *s);
    void (*body[4])(struct slot *s);
} list[] = {
    /* clang-format off */
    {"SB", 2, ALLOWED, both_0, {x_read_y, y_read_x}},
    {"SB+dmbs", 2, FORBIDDEN, both_0, {x_dmb_read_y, y_dmb_read_x}},
    {"SB+stlr-ldar", 2, SEEN_ON_QEMU, both_0, {stlr_x_ldar_y, stlr_y_ldar_x}},
    {"SB+stlr-ldapr", 2, ALLOWED, both_0, {stlr_x_ldapr_y, stlr_y_ldapr_x}},
    {"MP", 2, ALLOWED, first_1_then_0, {x_then_y, read_y_read_x}},
    {"MP+dmb.st+dmb.ld", 2, FORBIDDEN, first_1_then_0, {x_dmb_st_y, read_y_dmb_ld_read_x}},
    {"MP+stlr+ldar", 2, FORBIDDEN, first_1_then_0, {x_then_stlr_y, ldar_y_read_x}},
    {"MP+stlr+ldapr", 2, FORBIDDEN, first_1_then_0, {x_then_stlr_y, ldapr_y_read_x}},
    {"MP+dmb.st+addr", 2, FORBIDDEN, first_1_then_0, {x_dmb_st_y, read_y_addr_read_x}},
    {"LB", 2, ALLOWED, both_1, {read_x_y, read_y_x}},
    {"LB+datas", 2, FORBIDDEN, both_1, {read_x_data_y, read_y_data_x}},
    {"LB+ldars", 2, FORBIDDEN, both_1, {ldar_x_y, ldar_y_x}},
    {"2+2W", 2, ALLOWED, first_stores_stay, {x1_then_y2, y1_then_x2}},
    {"2+2W+dmb.sts", 2, FORBIDDEN, first_stores_stay, {x1_dmb_st_y2, y1_dmb_st_x2}},
    {"2+2W+stlrs", 2, FORBIDDEN, first_stores_stay, {x1_stlr_y2, y1_stlr_x2}},
    {"R+dmbs", 2, FORBIDDEN, y2_and_x_unseen, {x_dmb_y1, y2_dmb_read_x}},
    {"CoRR", 2, FORBIDDEN, first_1_then_0, {x_alone, read_x_read_x}},
    {"CoWW", 2, FORBIDDEN, x_is_1, {x1_then_x2, read_x_read_x}},
    {"CoWR", 2, FORBIDDEN, own_store_unseen, {x_alone, x2_read_x}},
    {"WRC+data+addr", 3, FORBIDDEN, seen_then_unseen, {x_alone, read_x_data_y, third_y_addr_x}},
    {"IRIW", 4, ALLOWED, readers_disagree, {x_alone, y_alone, third_reads_x_y, fourth_reads_y_x}},
    {"IRIW+addrs", 4, FORBIDDEN, readers_disagree,
     {x_alone, y_alone, third_addr_x_y, fourth_addr_y_x}},
    {"IRIW+stlrs+ldars", 4, FORBIDDEN, readers_disagree,
     {stlr_x_alone, stlr_y_alone, third_ldar_x_y, fourth_ldar_y_x}},
    /* clang-format on */
};

static const struct shape *shape;
static uint64_t seen; /* outcomes of the shape */
static uint64_t met;  /* rounds that all began together */

static void run_shape(unsigned self)
{
    for (uint64_t done = 0; done < rounds; done += BATCH) {
        unsigned patience = PATIENCE;

        for (unsigned i = 0; i < BATCH; i++) {
            bool together = rendezvous(self, shape->cpus, done + i + 1, &patience);

            met += self == 0 && together;
            shape->body[self](&slot[i]);
        }
        smp_meet();
        for (unsigned i = 0; self == 0 && i < BATCH; i++) {
            seen += shape->outcome(&slot[i]);
            slot[i] = (struct slot){0};
        }
        smp_meet();
    }
}

void shapes(void)
{
    char line[100];
    bool weak;
    uint64_t of = (rounds + BATCH - 1) / BATCH * BATCH;

    print("Shapes:\n");
    for (shape = list; shape < list + sizeof(list) / sizeof(*list); shape++) {
        if (shape->cpus > cpus) {
            print("  -      %s: not on fewer than %u CPUs\n", shape->name, shape->cpus);
            continue;
        }
        seen = met = 0;
        weak = shape->kind == ALLOWED || (shape->kind == SEEN_ON_QEMU && rom_runs_on_qemu());
        reset_rendezvous();
        smp_run(shape->cpus, run_shape);
        format_text(line, sizeof(line), "%-17s %10lu rounds, %lu together, %lu %s", shape->name, of,
                    met, seen, weak ? "out of order" : "forbidden");
        if (weak)
            print("  weak   %s\n", line);
        else
            check(!seen, line);
    }
}
