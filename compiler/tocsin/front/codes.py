"""Every code that is not a check's: what it means, an example of it, how to fix it.

The codes of checks (TOC1##) are described by their own modules and pages.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.diagnostics import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """A line of the catalogue. `example`: a piece of a file, or a situation in words."""

    title: str
    example: str
    fix: str
    stage: str = "parse"
    severity: Severity = Severity.ERROR


_RESOLVE, _SOURCES, _EVENTS, _COMPILE = "resolve", "sources", "scan", "compile"
_WARNING = Severity.WARNING

CODES: dict[str, Code] = {
    "TOC001": Code(
        "The file cannot be read", "a binary file, 50 MB of text", "UTF-8 text of at most 2 MiB"
    ),
    "TOC002": Code("Not valid YAML", "`title: a: b`", "fix the syntax at the place shown"),
    "TOC003": Code("Duplicate key", "`level: low` and `level: high`", "keep one of the two"),
    "TOC004": Code(
        "A value that YAML 1.1 misreads", "`Port: 010`, `Flag: yes`", "quote it, or write it out"
    ),
    "TOC005": Code(
        "YAML that is not plain data", "tags, merge keys, alias bombs", "write the data out"
    ),
    "TOC006": Code("Empty, or not a map", "an empty file", "a rule is a map with `title` …"),
    "TOC007": Code(
        "Folder without rule files", "`validate rulez`", "name the folder that has them"
    ),
    "TOC010": Code("Wrong metadata", "`level: urgent`", "use the values of the Sigma schema"),
    "TOC020": Code("Malformed detection", "`selection: {}`", "give it fields and values"),
    "TOC021": Code("Unknown modifier", "`Image|endwith`", "see the suggestion"),
    "TOC022": Code(
        "Modifiers or values that do not fit together",
        "`Port|gt: '80'`",
        "a number without quotes; modifiers that Sigma lets stand together",
    ),
    "TOC023": Code(
        "`null` where it has no meaning",
        "`User: [null, root]`",
        "give `field: null` a selection of its own",
    ),
    "TOC024": Code(
        "Not a valid RE2 regular expression", "`(?=a)`", "no look-around, no references"
    ),
    "TOC025": Code("Not a network", "`10.0.0.1/8`", "no host bits: `10.0.0.0/8`"),
    "TOC026": Code(
        "Placeholder without values", "`User|expand: '%admins%'`", "add `placeholders/admins.txt`"
    ),
    "TOC027": Code(
        "`all` with a single value",
        "`Image|contains|all: a`",
        "remove `all`, or list several values",
        "parse",
        _WARNING,
    ),
    "TOC028": Code(
        "More tests than a detection may have",
        "`Image|expand: '%a%%b%'` with long lists",
        "split it: values multiply by modifiers, placeholders, conditions and filters",
    ),
    "TOC030": Code(
        "Missing or malformed condition",
        "`a and or b`",
        "selections with `and`, `or`, `not`, `1 of`, `all of`",
    ),
    "TOC031": Code(
        "Condition on an unknown selection", "`selektion`, `1 of x*`", "name selections that exist"
    ),
    "TOC033": Code("`timeframe` in a detection", "`timeframe: 5m`", "write a Sigma correlation"),
    "TOC034": Code(
        "Unused selection",
        "a selection that no condition names",
        "use it or remove it",
        "parse",
        _WARNING,
    ),
    "TOC040": Code("Id, name or source used twice", "two rules, one `id`", "make a new UUID"),
    "TOC041": Code("Filter without rules", "`filter: {…}` alone", "list ids, names, or `any`"),
    "TOC042": Code(
        "Filter without negation",
        "`condition: selection`",
        "`condition: not selection`",
        "parse",
        _WARNING,
    ),
    "TOC043": Code(
        "Filter that applies to no rule",
        "an id that was removed",
        "name rules that exist",
        "parse",
        _WARNING,
    ),
    "TOC044": Code(
        "Filter on a correlation", "the name of a correlation", "filter the rules it refers to"
    ),
    "TOC045": Code(
        "No source serves the log source", "`service: cloudtrial`", "see the suggestion", _RESOLVE
    ),
    "TOC046": Code(
        "Several sources serve the log source",
        "two Sysmon sources",
        "`tocsin: {source: NAME}`",
        _RESOLVE,
    ),
    "TOC047": Code(
        "Field that the source does not have", "`image|endswith`", "see the suggestion", _RESOLVE
    ),
    "TOC048": Code(
        "Test that never holds for the field's type",
        "`mfa|gt: 5`",
        "use another test, or another type",
        _RESOLVE,
    ),
    "TOC050": Code(
        "Wrong `tocsin:` block",
        "`tocsin: {ower: a}`",
        "`owner`, `deploy`, `alert`, `tests` …, as documented",
    ),
    "TOC051": Code("Wrong case", "`expect: {}`", "`at`, `events` and `expect` as documented"),
    "TOC060": Code(
        "Wrong source file", "no `time`", "the keys that docs/writing-detections.md lists", _SOURCES
    ),
    "TOC061": Code(
        "Source on an undeclared field", "`time: {field: tme}`", "declare it in `fields`", _SOURCES
    ),
    "TOC062": Code(
        "Source with an unsafe name",
        "`topic: '^.*'`, `table: 'a b'`",
        "choose another name",
        _SOURCES,
    ),
    "TOC063": Code(
        "Event time in a field that holds no time",
        "`time: {field: port}`",
        "say its `unit`",
        _SOURCES,
    ),
    "TOC064": Code(
        "Wrong mapping of controls",
        "a line without a technique",
        "see the message; docs/coverage.md shows a mapping",
        _SOURCES,
    ),
    "TOC070": Code(
        "Event file cannot be read",
        "a cut gzip file, Parquet",
        "a whole file: JSON, CSV, EVTX, plain or gzipped",
        _EVENTS,
    ),
    "TOC071": Code("Not an event", "`[1, 2]`", "one JSON object per line", _EVENTS),
    "TOC080": Code(
        "Correlation of a rule with errors", "see the other finding", "fix that rule", _RESOLVE
    ),
    "TOC081": Code(
        "Correlations that refer to each other",
        "`a` refers to `b`, `b` to `a`",
        "remove one of the references",
        _RESOLVE,
    ),
    "TOC091": Code("Malformed correlation", "`groupby: [user]`", "see the suggestion, or the hint"),
    "TOC092": Code("Unknown type of correlation", "`type: ordered_temporal`", "see the suggestion"),
    "TOC093": Code(
        "Wrong `rules` of a correlation",
        "none, or one of them twice",
        "list at least one rule, each once",
    ),
    "TOC094": Code(
        "Correlation of an unknown rule", "`faild_login`", "see the suggestion", _RESOLVE
    ),
    "TOC095": Code("Wrong timespan", "`timespan: 1M`", "an integer and one of s m h d w"),
    "TOC096": Code(
        "Wrong condition of a correlation",
        "`condition: {gte: '5'}`",
        "`gt`, `gte`, `lt`, `lte`, `eq` or `neq` with a number",
    ),
    "TOC097": Code(
        "Condition that can never hold", "`gt: 5` with `lt: 3`", "leave a number that both allow"
    ),
    "TOC098": Code(
        "Wrong alias", "an alias in a rule that is not listed", "name rules of the correlation"
    ),
    "TOC099": Code(
        "Key without effect",
        "an alias that nothing uses, a correlation's `logsource`",
        "use it or remove it",
        "parse",
        _WARNING,
    ),
    "TOC900": Code(
        "Refused by a backend",
        "an engine without exact arithmetic",
        "use another backend",
        _COMPILE,
    ),
}
