/* Names and places of compiled code: see code.h. */
#include "cpu/jit/code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

void code_tell_thunks(struct perf *perf, const struct thunks *thunks, const uint8_t *end)
{
    const struct {
        const char *name;
        const uint8_t *at;
    } list[] = {/* in the order of their addresses */
                {"thunk enter", thunks->enter},
                {"thunk leave", thunks->leave},
                {"thunk miss_return", thunks->miss_return},
                {"thunk find", thunks->find},
                {"thunk link", thunks->link},
                {"thunk handler", thunks->handler},
                {"thunk helper", thunks->helper},
                {"thunk helper_end", thunks->helper_end},
                {"thunk guard", thunks->guard},
                {"thunk flags", thunks->flags},
                {NULL, end}};

    for (unsigned i = 0; list[i].name; i++)
        perf_code(perf, list[i].name, list[i].at, (size_t)(list[i + 1].at - list[i].at), NULL, 0);
}
