"""Plans with a mistake under `resolve:` or in a list of patterns, and all that is said of it."""

import json
from collections.abc import Iterator

from tests_integration.selftests.bad_plans import Bad

RULE = "resolve:\n  - paths: [go.mod]\n    take: theirs\n"
FLAGS = ("maybe", "yes", "True", "1", "[true]")
NO_PATTERNS = ("", " ", "!go.mod", "#go.mod", "a\nb", "a\0")
NOWHERE = ("/", "a//b", "../a", "./a", "a/./b", "a/../b")


def rule(why: str, old: str, new: str, *mistakes: str) -> Bad:
    """The good plan with a rule in which something is changed; without `old`, something is added."""
    text = RULE.replace(old, new) if old else RULE + new
    return Bad(f"rule: {why}", "fixes:\n", f"{text}fixes:\n", *mistakes)


def patterns(values: tuple[str, ...], mistake: str) -> Iterator[Bad]:
    """A bad plan for each value, once as a path of a rule and once among the unportable ones."""
    for value in values:
        quoted = json.dumps(value)
        told = f"{value!r} {mistake}"
        yield rule(f"pattern {value!r}", "go.mod", quoted, f"17:13: resolve[0].paths[0]: {told}")
        yield Bad(
            f"unportable pattern {value!r}",
            "publish:",
            f"limits: {{unportable_paths: [{quoted}]}}\npublish:",
            f"29:29: limits.unportable_paths[0]: {told}",
        )


RULES = (
    *patterns(NO_PATTERNS, "is not a pattern of paths (gitignore(5)); '!' and comments are not allowed"),
    *patterns(NOWHERE, "matches no path; patterns are as in gitignore(5), from the repository's top"),
    *patterns(("a\\",), "is not a pattern of paths (gitignore(5)): Invalid git pattern: 'a\\\\'"),
    rule("text for the list", RULE, "resolve: theirs\n", "16:10: resolve: must be a list"),
    rule("mapping for the list", RULE, "resolve: {paths: [a], take: ours}\n", "16:10: resolve: must be a list"),
    rule("nothing for the list", RULE, "resolve:\n", "16:9: resolve: is empty"),
    rule("text for one", RULE, "resolve:\n  - theirs\n", "17:5: resolve[0]: must be a mapping of keys to values"),
    rule(
        "unknown take",
        "theirs",
        "mine",
        "18:11: resolve[0].take: must be ours, theirs, union, delete or recorded, not 'mine'",
    ),
    rule(
        "list for take",
        "theirs",
        "[theirs]",
        "18:11: resolve[0].take: must be ours, theirs, union, delete or recorded, not ['theirs']",
    ),
    rule("empty take", "take: theirs", "take:", "18:10: resolve[0].take: is empty"),
    rule("take is missing", "    take: theirs\n", "", "17:5: resolve[0].take: is missing"),
    rule("paths are missing", "paths: [go.mod]\n    ", "", "17:5: resolve[0].paths: is missing"),
    rule("no paths", "[go.mod]", "[]", "17:12: resolve[0].paths: needs at least one entry"),
    rule("text for paths", "[go.mod]", "go.mod", "17:12: resolve[0].paths: must be a list"),
    rule("list for a path", "go.mod", "[go.mod]", "17:13: resolve[0].paths[0]: must be text"),
    rule("unknown branch", "", "    in: E9\n", "19:9: resolve[0].in: 'E9' is no branch of this plan; known: E1, E2"),
    rule(
        "unknown branch among others",
        "",
        "    in: [E1, E22]\n",
        "19:9: resolve[0].in: 'E22' is no branch of this plan; did you mean 'E2'?",
    ),
    rule("the base", "", "    in: base\n", "19:9: resolve[0].in: 'base' is no branch of this plan; known: E1, E2"),
    rule("no branches", "", "    in: []\n", "19:9: resolve[0].in: needs at least one entry"),
    rule("mapping for branches", "", "    in: {E1: x}\n", "19:9: resolve[0].in: must be a list"),
    rule(
        "bad id",
        "",
        "    in: E 1\n",
        "19:9: resolve[0].in[0]: 'E 1' is not an id: letters, digits, '.', '_' and '-', a letter or digit first",
    ),
    rule("empty flag", "", "    drops:\n", "19:11: resolve[0].drops: is empty"),
    *(
        rule(f"flag {flag}", "", f"    drops: {flag}\n", f"19:12: resolve[0].drops: must be true or false, not {told}")
        for flag, told in ((flag, "['true']" if flag == "[true]" else repr(flag)) for flag in FLAGS)
    ),
    rule(
        "unknown key",
        "paths",
        "path",
        "17:5: resolve[0].path: is not a key here; did you mean 'paths'?",
        "17:5: resolve[0].paths: is missing",
    ),
    rule(
        "name of the model",
        "",
        "    merges: [E1]\n",
        "19:5: resolve[0].merges: is not a key here; known: drops, in, paths, take",
    ),
    *(
        Bad(
            f"notes {flag}",
            "  remote: origin",
            f"  remote: origin\n  notes: {flag}",
            f"31:10: publish.notes: {told}",
        )
        for flag, told in (("maybe", "must be true or false, not 'maybe'"), ("yes", "must be true or false, not 'yes'"))
    ),
    Bad(
        "misspelt notes",
        "  remote: origin",
        "  remote: origin\n  note: true",
        "31:3: publish.note: is not a key here; did you mean 'notes'?",
    ),
    Bad(
        "text for unportable paths",
        "publish:",
        "limits: {unportable_paths: a}\npublish:",
        "29:28: limits.unportable_paths: must be a list",
    ),
    Bad(
        "unknown key beside unportable paths",
        "publish:",
        "limits: {unportable_path: [a]}\npublish:",
        "29:10: limits.unportable_path: is not a key here; did you mean 'unportable_paths'?",
    ),
)
