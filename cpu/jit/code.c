/* Names and places of compiled code: see code.h. */
#include "cpu/jit/code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu/jit/jit.h"
#include "cpu/jit/perf.h"

const struct lower_place *code_place(const struct jit_region *region, size_t offset)
{
    const struct lower_place *found = NULL;

    for (unsigned i = 0; i < region->places && region->place[i].offset <= offset; i++)
        found = &region->place[i];
    return found;
}

uint64_t code_guest_pc(const struct jit_region *region, const struct lower_place *place)
{
    const struct jit_member *member = &region->member[place->node];

    return region->pc + (uint64_t)(int64_t)member->offset +
           4u * member->block->uop[place->uop].insn;
}

void code_tell_region(struct perf *perf, const struct log *log, const struct jit_region *region)
{
    struct perf_place *place = malloc((region->places + 1) * sizeof(*place));
    uint64_t offset = 0;
    const char *symbol = log_symbol(log, region->pc, &offset);
    char name[256];

    if (!place)
        return; /* a piece of code without a name is no reason to stop */
    for (unsigned i = 0; i < region->places; i++)
        place[i] =
            (struct perf_place){region->place[i].offset, code_guest_pc(region, &region->place[i])};
    if (symbol)
        snprintf(name, sizeof(name), "%.160s+0x%" PRIx64 " 0x%" PRIx64 " (%u blocks)", symbol,
                 offset, region->pc, region->nodes);
    else
        snprintf(name, sizeof(name), "guest 0x%" PRIx64 " (%u blocks)", region->pc, region->nodes);
    perf_code(perf, name, region->code, (size_t)(region->end - region->code), place,
              region->places);
    free(place);
}

/* In the order of their addresses. */
static const struct {
    const char *name;
    size_t field; /* in struct thunks */
} thunk_list[] = {
    {"thunk enter", offsetof(struct thunks, enter)},
    {"thunk leave", offsetof(struct thunks, leave)},
    {"thunk branch", offsetof(struct thunks, branch)},
    {"thunk miss_return", offsetof(struct thunks, miss_return)},
    {"thunk find", offsetof(struct thunks, find)},
    {"thunk link", offsetof(struct thunks, link)},
    {"thunk handler", offsetof(struct thunks, handler)},
    {"thunk helper", offsetof(struct thunks, helper)},
    {"thunk helper_end", offsetof(struct thunks, helper_end)},
    {"thunk guard", offsetof(struct thunks, guard)},
    {"thunk sync", offsetof(struct thunks, sync)},
    {"thunk flags", offsetof(struct thunks, flags)},
};

static const uint8_t *thunk_at(const struct thunks *thunks, size_t i)
{
    return *(const uint8_t *const *)((const char *)thunks + thunk_list[i].field);
}

void code_tell_thunks(struct perf *perf, const struct thunks *thunks, const uint8_t *end)
{
    for (size_t i = 0; i < ARRAY_SIZE(thunk_list); i++) {
        const uint8_t *at = thunk_at(thunks, i);
        const uint8_t *next = i + 1 < ARRAY_SIZE(thunk_list) ? thunk_at(thunks, i + 1) : end;

        perf_code(perf, thunk_list[i].name, at, (size_t)(next - at), NULL, 0);
    }
}

const char *code_thunk_name(const struct cpu *cpu, const void *host)
{
    const char *name = "thunks";

    for (size_t i = 0; i < ARRAY_SIZE(thunk_list); i++)
        if (thunk_at(jit_thunks(cpu), i) <= (const uint8_t *)host)
            name = thunk_list[i].name;
    return name;
}
