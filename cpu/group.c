/* What vCPUs ask of each other: see group.h.
 *
 * A vCPU takes note of a question in its `pending` word, which compiled code polls, and answers in
 * its run loop, where no compiled code of its own is running. Nobody is woken for a question, or
 * waited for while it compiles (which takes longer than all else): behind that it first looks at
 * `pending`. Both sides write, then read what the other one has written (`pending`, and `asleep` or
 * `aside`, in one total order), so that one of them sees it. */
#include "cpu/group.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/exclusive.h"

#define MAILBOX_ITEMS 32  /* more than that asks to forget everything */
#define SPINS         200 /* before the host is asked to run somebody else */

struct mailbox {
    pthread_mutex_t lock;
    struct mail item[MAILBOX_ITEMS];
    unsigned count;
    _Atomic bool filled;           /* count is not 0 */
    _Atomic uint64_t posted, done; /* urgent questions so far; of them have been answered */
};

/* Now that there are several. */
static bool share_stamps(struct cpu_group *group)
{
    if (!group->stamps) {
        group->stamps = aligned_alloc(STAMP_STRIDE, STAMPS * sizeof(struct stamp));
        if (!group->stamps)
            return false;
        memset(group->stamps, 0, STAMPS * sizeof(struct stamp));
    }
    for (unsigned i = 0; i < group->count; i++)
        group->cpu[i]->stamps = group->stamps;
    return true;
}

bool group_join(struct cpu *cpu, struct cpu *peer)
{
    struct cpu_group *group = peer ? peer->group : calloc(1, sizeof(*group));
    struct mailbox *box = calloc(1, sizeof(*box));

    if (!group || !box || group->count == CPUS_MAX) {
        free(box);
        if (!peer)
            free(group);
        return false;
    }
    pthread_mutex_init(&box->lock, NULL);
    cpu->mailbox = box;
    cpu->group = group;
    cpu->passed = atomic_load(&group->epoch);
    if (peer) {
        cpu->blocks = peer->blocks;
        cpu->jit = peer->jit;
    }
    group->cpu[group->count++] = cpu;
    return group->count == 1 || share_stamps(group);
}

void group_leave(struct cpu *cpu)
{
    struct cpu_group *group = cpu->group;
    unsigned i = 0;

    if (!group)
        return;
    pthread_mutex_destroy(&cpu->mailbox->lock);
    free(cpu->mailbox);
    while (group->cpu[i] != cpu)
        i++;
    group->cpu[i] = group->cpu[--group->count];
    if (group->count)
        return;
    free(group->stamps);
    free(group);
}

/* --- Reuse --- */

void group_unwind(struct cpu *cpu)
{
    const struct cpu_group *group = cpu->group;

    for (unsigned i = 0; i < group->count; i++)
        atomic_fetch_or(&group->cpu[i]->pending, PENDING_UNWIND);
}

uint64_t group_retire(struct cpu *cpu)
{
    uint64_t epoch = atomic_fetch_add(&cpu->group->epoch, 1) + 1;

    group_unwind(cpu);
    return epoch;
}

bool group_passed(const struct cpu *cpu, uint64_t epoch)
{
    const struct cpu_group *group = cpu->group;

    for (unsigned i = 0; i < group->count; i++) {
        const struct cpu *other = group->cpu[i];

        if (!atomic_load(&other->asleep) && atomic_load(&other->passed) < epoch)
            return false;
    }
    return true;
}

void group_pass(struct cpu *cpu)
{
    uint64_t epoch = atomic_load(&cpu->group->epoch);

    if (epoch == atomic_load_explicit(&cpu->passed, memory_order_relaxed))
        return;
    block_forget_jumps(cpu);
    atomic_store(&cpu->passed, epoch);
}

/* --- Mail --- */

/* Is it of a translation that the vCPU can use before it changes to another context? If not, it
 * does it then: it tells which ASID it uses, then looks into its mailbox; others put something into
 * it, then look at the ASID. */
static bool is_urgent(const struct cpu *to, const struct mail *mail)
{
    switch (mail->kind) {
    case MAIL_TLBI_ASID:
        return mmu_may_use(&to->mmu, mail->asid, 0, false);
    case MAIL_TLBI_RANGE:
        return (mail->flags & TLBI_ALL_ASIDS) || mmu_may_use(&to->mmu, mail->asid, mail->va, true);
    default:
        return true;
    }
}

/* Is the mail of the pages behind those of the last one? Kernels name page after page. */
static bool goes_on(const struct mail *last, const struct mail *mail)
{
    return last->kind == MAIL_TLBI_RANGE && mail->kind == MAIL_TLBI_RANGE &&
           last->asid == mail->asid && last->flags == mail->flags &&
           last->va + last->pages * PAGE_SIZE == mail->va;
}

/* A full mailbox asks to forget everything. */
static void put(struct mailbox *box, const struct mail *mail)
{
    if (box->count && goes_on(&box->item[box->count - 1], mail))
        box->item[box->count - 1].pages += mail->pages;
    else if (box->count < MAILBOX_ITEMS)
        box->item[box->count++] = *mail;
    else
        box->item[0] = (struct mail){.kind = MAIL_TLBI_ALL};
    atomic_store(&box->filled, true);
}

/* What is not urgent may come often before it is looked at: of an ASID that is not in use all is
 * forgotten, once. */
static void put_coarsely(struct mailbox *box, uint16_t asid)
{
    for (unsigned i = 0; i < box->count; i++)
        if (box->item[i].kind == MAIL_TLBI_ASID && box->item[i].asid == asid)
            return;
    put(box, &(struct mail){.kind = MAIL_TLBI_ASID, .asid = asid});
}

/* True: it is urgent. */
static bool post(struct cpu *to, const struct mail *mail)
{
    struct mailbox *box = to->mailbox;
    bool urgent;

    pthread_mutex_lock(&box->lock);
    atomic_store(&box->filled, true); /* who changes its context now waits for the lock */
    urgent = is_urgent(to, mail);
    if (urgent) {
        put(box, mail);
        atomic_fetch_add(&box->posted, 1);
    } else {
        put_coarsely(box, mail->asid);
    }
    pthread_mutex_unlock(&box->lock);
    if (urgent)
        atomic_fetch_or(&to->pending, PENDING_MAIL);
    return urgent;
}

/* True: it was urgent for some. */
static bool post_to_others(struct cpu *cpu, const struct mail *mail)
{
    const struct cpu_group *group = cpu->group;
    bool urgent = false;

    for (unsigned i = 0; i < group->count; i++)
        if (group->cpu[i] != cpu && post(group->cpu[i], mail))
            urgent = true;
    return urgent;
}

void group_tell(struct cpu *cpu, const struct mail *mail)
{
    (void)post_to_others(cpu, mail);
}

static void answer(struct cpu *cpu, const struct mail *mail)
{
    switch (mail->kind) {
    case MAIL_TLBI_ALL:
        mmu_tlbi_all(&cpu->mmu);
        break;
    case MAIL_TLBI_ASID:
        mmu_tlbi_asid(&cpu->mmu, mail->asid);
        break;
    case MAIL_TLBI_RANGE:
        mmu_tlbi_range(&cpu->mmu, mail->va, mail->pages, mail->asid, mail->flags);
        break;
    case MAIL_DROP_WRITES:
        mmu_drop_writes(&cpu->mmu, mail->va);
        break;
    }
}

void group_tlbi(struct cpu *cpu, const struct mail *mail, bool others)
{
    answer(cpu, mail);
    block_update_mode(cpu);
    if (others && post_to_others(cpu, mail))
        cpu->unsynced = true;
}

void group_collect(struct cpu *cpu)
{
    struct mailbox *box = cpu->mailbox;
    struct mail item[MAILBOX_ITEMS];
    uint64_t posted;
    unsigned count;

    atomic_fetch_and(&cpu->pending, ~(uint32_t)PENDING_MAIL);
    pthread_mutex_lock(&box->lock);
    count = box->count;
    memcpy(item, box->item, count * sizeof(*item));
    box->count = 0;
    atomic_store(&box->filled, false);
    posted = atomic_load(&box->posted);
    pthread_mutex_unlock(&box->lock);
    for (unsigned i = 0; i < count; i++)
        answer(cpu, &item[i]);
    if (count)
        block_update_mode(cpu);
    atomic_store(&box->done, posted);
}

void group_context_changed(struct cpu *cpu)
{
    if (mmu_publish(&cpu->mmu) && atomic_load(&cpu->mailbox->filled))
        group_collect(cpu);
}

static bool has_answered(const struct cpu *other, uint64_t posted)
{
    return atomic_load(&other->asleep) || atomic_load(&other->aside) ||
           atomic_load(&other->mailbox->done) >= posted;
}

bool group_answered(const struct cpu *cpu)
{
    const struct cpu_group *group = cpu->group;

    for (unsigned i = 0; i < group->count; i++) {
        const struct cpu *other = group->cpu[i];

        if (other != cpu && !has_answered(other, atomic_load(&other->mailbox->posted)))
            return false;
    }
    return true;
}

/* The vCPU gives its time away: somebody it waits for may have no core of the host. */
static void wait_a_little(unsigned *spins)
{
    if (++*spins < SPINS)
        __builtin_ia32_pause();
    else
        sched_yield();
}

bool group_try_sync(struct cpu *cpu)
{
    const struct cpu_group *group = cpu->group;
    unsigned spins = 0;

    for (unsigned i = 0; i < group->count; i++) {
        const struct cpu *other = group->cpu[i];
        uint64_t posted = atomic_load(&other->mailbox->posted);

        while (other != cpu && !has_answered(other, posted)) {
            if (atomic_load(&cpu->pending) & PENDING_MAIL)
                return false;
            wait_a_little(&spins);
        }
    }
    cpu->unsynced = false;
    return true;
}

void group_sync(struct cpu *cpu)
{
    while (!group_try_sync(cpu))
        group_collect(cpu);
}

/* --- Events --- */

void group_send_event(struct cpu *cpu)
{
    const struct cpu_group *group = cpu->group;

    for (unsigned i = 0; i < group->count; i++) {
        struct cpu *other = group->cpu[i];

        atomic_store(&other->event, true);
        if (other != cpu && atomic_load(&other->awaits_event))
            cpu_request(other, PENDING_EVENT);
    }
}
