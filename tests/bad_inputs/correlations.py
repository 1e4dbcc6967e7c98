"""Bad correlations, found by `tocsin validate`; `correlation.yml` holds the rules as well."""

from __future__ import annotations

from bad_inputs.run import Bad

FILE = "correlation.yml"
BASE = """\
title: Sign-in Refused
name: refused
logsource: {product: app, service: audit}
detection: {selection: {action: session.start, outcome: failure}, condition: selection}
---
"""
BASES = f"""\
{BASE}title: Sign-in
name: signed_in
logsource: {{product: app, service: audit}}
detection: {{selection: {{action: session.start, outcome: success}}, condition: selection}}
---
"""
HEAD = "title: Password Guessed\nname: guessed\n"


def correlation(what: str, keys: str, *says: str, top: str = "") -> Bad:
    """A file whose correlation has these keys; without a type it is an event_count over 10m."""
    given = "" if "type:" in keys else "type: event_count, "
    for name, value in (("rules", "[refused]"), ("timespan", "10m"), ("condition", "{gte: 3}")):
        absent = f"{name}:" not in keys and f"no {name}" not in keys
        given += f"{name}: {value}, " if absent and not _optional(name, keys) else ""
    body = given + ", ".join(part for part in keys.split("; ") if not part.startswith("no "))
    text = f"{BASES}{HEAD}correlation: {{{body}}}\n{top}"
    return Bad(what, f"tocsin validate {FILE}", 1, (f"{FILE}:", *says), {FILE: text})


def _optional(name: str, keys: str) -> bool:
    return name == "condition" and "temporal" in keys


def files(what: str, text: str, *says: str) -> Bad:
    """A file with the two rules and this text."""
    return Bad(what, f"tocsin validate {FILE}", 1, (f"{FILE}:", *says), {FILE: BASES + text})


def _other(name: str, rules: str) -> str:
    keys = f"type: temporal, rules: {rules}, timespan: 5m"
    return f"title: The {name}\nname: {name}\ncorrelation: {{{keys}}}\n"


ORDERED = "type: temporal_ordered; rules: [refused, signed_in]"

WRONG = (
    files("a correlation that is a list", f"{HEAD}correlation: [refused]\n", "TOC091", "map"),
    correlation("a key misspelt in a correlation", "groupby: [actor.id]", "TOC091", "'group-by'"),
    correlation("`timeframe` in a correlation", "timeframe: 5m", "TOC091", "'timespan'"),
    correlation(
        "a correlation and a detection in one",
        "generate: false",
        "TOC091",
        "not both",
        top="detection: {selection: {a: b}, condition: selection}\n",
    ),
    correlation("`generate` that is not a boolean", "generate: maybe", "TOC091", "true or false"),
    correlation(
        "`generate` with two values",
        "generate: true",
        "TOC091",
        "two different values",
        top="generate: false\n",
    ),
    correlation("a number as a group", "group-by: [5]", "TOC091", "only text"),
    correlation("no type of correlation", "type: ", "TOC092", "event_count"),
    correlation(
        "a type under another name", "type: ordered_temporal", "TOC092", "'temporal_ordered'"
    ),
    correlation("no rules", "no rules", "TOC093", "names or ids"),
    correlation("an empty list of rules", "rules: []", "TOC093", "empty"),
    correlation("a rule twice", "rules: [refused, refused]", "TOC093", "twice"),
    correlation("an unknown rule", "rules: [refusd]", "TOC094", "'refused'"),
    correlation(
        "a rule with errors",
        "rules: [broken]",
        "TOC080",
        "'broken'",
        top="---\ntitle: Broken\nname: broken\nlogsource: {product: app}\n",
    ),
    correlation("a correlation that refers to itself", "rules: [guessed]", "TOC081", "itself"),
    files(
        "correlations that refer to each other",
        f"{_other('one', '[refused, two]')}---\n{_other('two', '[one]')}",
        "TOC081",
        "one → two → one",
    ),
    correlation("a timespan of a month", "timespan: 1M", "TOC095", "30d"),
    correlation("a timespan without a unit", "timespan: 10", "TOC095", "a unit"),
    correlation("a timespan of two units", "timespan: 1h30m", "TOC095", "90m"),
    correlation("a timespan of zero", "timespan: 0s", "TOC095", "zero"),
    correlation("no timespan", "no timespan", "TOC095", "10m"),
    correlation("no condition where one must be", "no condition", "TOC096", "gte"),
    correlation("a comparison misspelt", "condition: {ge: 5}", "TOC096", "'gte'"),
    correlation("a number in quotes", "condition: {gte: '5'}", "TOC096", "without quotes"),
    correlation("half an event", "condition: {gte: 2.5}", "TOC096", "whole number"),
    correlation(
        "a field for counted events",
        "condition: {gte: 5, field: actor.id}",
        "TOC096",
        "value_count",
    ),
    correlation("values without a field", "type: value_count", "TOC096", "field"),
    correlation(
        "a sum of two fields",
        "type: value_sum; condition: {gt: 5, field: [a, b]}",
        "TOC096",
        "one field",
    ),
    correlation(
        "an impossible percentile",
        "type: value_percentile; condition: {gt: 5, field: changed, percentile: 101}",
        "TOC096",
        "0 to 100",
    ),
    correlation(
        "a percentile that is missing",
        "type: value_percentile; condition: {gt: 5, field: changed}",
        "TOC096",
        "percentile: 95",
    ),
    correlation(
        "an unknown rule in a condition",
        "type: temporal; rules: [refused, signed_in]; condition: refused and not sign_in",
        "TOC096",
        "'signed_in'",
    ),
    correlation(
        "a condition that leaves out a rule",
        "type: temporal; rules: [refused, signed_in]; condition: refused",
        "TOC096",
        "'signed_in'",
    ),
    correlation(
        "an ordered correlation with `or`",
        f"{ORDERED}; condition: refused or signed_in",
        "TOC096",
        "all of its rules",
    ),
    correlation("a count of zero", "condition: {eq: 0}", "TOC097", "at least 1"),
    correlation("comparisons that exclude each other", "condition: {gt: 5, lt: 5}", "TOC097"),
    correlation(
        "only negated rules",
        "type: temporal; rules: [refused, signed_in]; condition: not refused and not signed_in",
        "TOC097",
        "at least one",
    ),
    correlation(
        "an alias of another rule",
        "group-by: [who]; aliases: {who: {login: actor.id}}",
        "TOC098",
        "rules: refused",
    ),
    correlation(
        "an alias without fields", "group-by: [who]; aliases: {who: actor.id}", "TOC098", "rule_one"
    ),
    files(
        "a filter on a correlation",
        f"{_other('one', '[refused]')}---\ntitle: F\n"
        "filter: {rules: [one], s: {actor.id: a}, condition: not s}\n",
        "TOC044",
        "refused",
    ),
    Bad(
        "a group by an unknown field",
        "tocsin validate",
        1,
        ("TOC047", "'actor.id'"),
        {
            "rules/app/x.yml": f"{BASE}{HEAD}correlation: {{type: event_count, rules: [refused], "
            "group-by: [actor.idd], timespan: 5m, condition: {gte: 5}}\n"
        },
        "project",
    ),
    Bad(
        "a sum of booleans",
        "tocsin validate",
        1,
        ("TOC048", "no numbers"),
        {
            "rules/app/x.yml": f"{BASE}{HEAD}correlation: {{type: value_sum, rules: [refused], "
            "timespan: 5m, condition: {gte: 5, field: actor.mfa}}\n"
        },
        "project",
    ),
)
