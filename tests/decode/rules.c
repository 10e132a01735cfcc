/* See rules.h. */
#include "rules.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

static bool parse_pattern(const char *text, struct rule *rule)
{
    unsigned symbols = 0;

    if (strcmp(text, "*") == 0)
        return true;
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (!strchr("01x", *text) || symbols++ == 32)
            return false;
        rule->mask = rule->mask << 1 | (*text != 'x');
        rule->value = rule->value << 1 | (*text == '1');
    }
    return symbols == 32;
}

static bool parse_rule(char *line, struct rule *rule)
{
    char pattern[64];
    int length = 0;

    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%3s %63s %31s %31s %n", rule->peers, pattern, rule->ulna, rule->peer,
               &length) != 4 ||
        !line[length])
        return false;
    snprintf(rule->reason, sizeof(rule->reason), "%s", line + length);
    rule->absent = strncmp(rule->reason, "FEAT_", 5) == 0 && strcmp(rule->ulna, "-") == 0;
    return parse_pattern(pattern, rule);
}

bool rules_read(struct rules *rules, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    bool good = file;

    *rules = (struct rules){.path = path};
    if (!file)
        fprintf(stderr, "cannot open %s\n", path);
    for (unsigned at = 1; good && fgets(line, sizeof(line), file); at++) {
        struct rule rule = {.line = at}, *grown;

        if (line[0] == '#' || line[0] == '\n')
            continue;
        good = parse_rule(line, &rule);
        if (!good)
            fprintf(stderr, "%s:%u: cannot be read\n", path, at);
        grown = realloc(rules->rule, (rules->count + 1) * sizeof(*grown));
        if (!grown)
            abort();
        rules->rule = grown;
        rules->rule[rules->count++] = rule;
    }
    if (file)
        fclose(file);
    return good;
}

void rules_free(struct rules *rules)
{
    free(rules->rule);
}

static bool matches(const char *glob, const char *mnemonic)
{
    if (strcmp(glob, "-") == 0 || !*mnemonic)
        return strcmp(glob, "-") == 0 && !*mnemonic;
    return fnmatch(glob, mnemonic, 0) == 0;
}

bool rules_apply(struct rules *rules, char peer, uint32_t word, const char *ulna,
                 const char *theirs)
{
    bool same = strcmp(ulna, theirs) == 0;

    for (unsigned i = 0; i < rules->count; i++) {
        struct rule *rule = &rules->rule[i];

        if ((word & rule->mask) != rule->value || !strchr(rule->peers, peer) ||
            (same && !rule->absent) || !matches(rule->peer, theirs))
            continue;
        if (!same && matches(rule->ulna, ulna)) {
            rule->hits++;
            return true;
        }
        if (rule->absent && *ulna) {
            rule->allocated++;
            rule->example = word;
        }
    }
    return same;
}

unsigned rules_stale(const struct rules *rules, char peer)
{
    unsigned stale = 0;

    for (unsigned i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rule[i];

        if (!strchr(rule->peers, peer))
            continue;
        if (rule->allocated)
            printf("%s:%u: ulna knows %s of %s, as of %08x: the line is to go\n", rules->path,
                   rule->line, rule->peer, rule->reason, rule->example);
        else if (!rule->hits)
            printf("%s:%u: no word was such a case: %s\n", rules->path, rule->line, rule->reason);
        stale += rule->allocated || !rule->hits;
    }
    return stale;
}
