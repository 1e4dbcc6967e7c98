"""Bad rule files, found by `tocsin validate`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bad_inputs.run import Bad

HEAD = """\
title: Payout Destination Changed
id: 6d3f2c1e-6a51-4a55-8a53-0d8f3f2c1e00
logsource: {product: app, service: audit}
"""
DETECTION = """\
detection:
  selection:
    action: payout.update
  condition: selection
"""
RULE = HEAD + DETECTION
FILTER = """\
title: Known Scripts
id: 8d3f2c1e-6a51-4a55-8a53-0d8f3f2c1e00
logsource: {product: app, service: audit}
filter:
  selection:
    actor.id: svc-payouts
  condition: not selection
"""


def rule(what: str, content: str | bytes, *says: str) -> Bad:
    """A rule file that `validate` refuses."""
    return Bad(what, "tocsin validate rule.yml", 1, ("rule.yml:", *says), {"rule.yml": content})


def _bomb() -> str:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)]
    return "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(lines)


@contextmanager
def _large(folder: Path) -> Iterator[Mapping[str, str]]:
    (folder / "rule.yml").touch()
    os.truncate(folder / "rule.yml", 50_000_000)
    yield {}


READING = (
    rule("an empty file", "", "TOC006", "empty"),
    rule("a binary file", b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)), "TOC001", "binary"),
    rule("a text in UTF-16", RULE.encode("utf-16"), "TOC001", "UTF-16"),
    Bad("50 MB", "tocsin validate rule.yml", 1, ("TOC001", "larger than 2 MiB"), around=_large),
    rule("a YAML bomb", _bomb(), "TOC005", "values in one file"),
    rule("an alias to itself", f"{HEAD}detection: &all {{selection: *all}}\n", "TOC005", "itself"),
    rule("10,000 levels", f"{RULE}x: {'[' * 10_000}", "TOC005", "at most 40 levels"),
    rule("a tag that runs code", '!!python/object/apply:os.system ["id"]', "TOC005", "plain YAML"),
    rule("a merge key", f"{RULE}fields: &f {{a: b}}\nx: {{<<: *f}}\n", "TOC005", "write the keys"),
    rule("a tab", RULE.replace("  selection:\n", "\tselection:\n"), "TOC002", ":5:1:", "spaces"),
    rule("a colon in a title", RULE.replace("Payout D", "Payout: D"), "TOC002", "quote"),
    rule(
        "a bracket left open",
        f"{RULE}tags: [attack.t1098\n",
        "TOC002",
        "never closed",
    ),
    rule("a key twice", f"{RULE}level: low\nlevel: high\n", "TOC003", ":9:1:"),
    rule("an octal number", RULE.replace("payout.update", "010"), "TOC004", ":6:13:", "quote"),
    rule("a yes", RULE.replace("payout.update", "yes"), "TOC004", "boolean"),
    rule("a date", RULE.replace("payout.update", "2026-01-01"), "TOC004", "quote"),
    rule(
        "a web page instead of a rule", "<html><body>Not found</body></html>\n", "TOC006", "title"
    ),
)

METADATA = (
    rule("title is a list", RULE.replace("Payout D", "[a, b] #"), "TOC010", ":1:8:"),
    rule("id is not a UUID", RULE.replace("6d3f2c1e-", ""), "TOC010", ":2:5:", "uuid"),
    rule("tags is a map", f"{RULE}tags: {{attack: t1098}}\n", "TOC010", ":8:7:", "list"),
    rule("an unknown level", f"{RULE}level: urgent\n", "TOC010", ":8:8:", "critical"),
    rule(
        "no logsource",
        "".join(RULE.splitlines(keepends=True)[i] for i in (0, 1, 3, 4, 5, 6)),
        "TOC010",
        "no `logsource`",
        "product",
    ),
    rule("no detection", HEAD, "TOC020", "selection"),
    rule("detection is a text", f"{HEAD}detection: payouts\n", "TOC020", ":4:12:", "map"),
    rule("no condition", RULE.replace("  condition: selection\n", ""), "TOC030", "for example"),
    rule(
        "condition is a number",
        RULE.replace("n: selection\n", "n: 5\n"),
        "TOC030",
        ":7:14:",
        "for example",
    ),
    rule("a wrong key in `tocsin:`", f"{RULE}tocsin: {{ower: a}}\n", "TOC050", ":8:10:", "owner"),
    rule("`tocsin:` is a text", f"{RULE}tocsin: payments\n", "TOC050", ":8:9:", "map"),
    rule(
        "a malformed duration",
        f"{RULE}tocsin: {{tests: [{{name: a, events: [{{at: soon}}], expect: {{alerts: 1}}}}]}}\n",
        "TOC051",
        "10m",
    ),
)


def condition(text: str) -> str:
    """The rule with another condition."""
    return RULE.replace("condition: selection", f"condition: {text}")


def item(text: str) -> str:
    """The rule with another item."""
    return RULE.replace("action: payout.update", text)


LOGIC = (
    rule("an unknown selection", condition("selektion"), "TOC031", "selections: selection"),
    rule("`1 of x*` that matches none", condition("1 of filter_*"), "TOC031", "filter_*"),
    rule(
        "half a condition",
        condition("selection and or"),
        "TOC031",
        "a selection, not `or`",
        ":7:28:",
    ),
    rule(
        "a condition of 5,000 brackets",
        condition(f"{'(' * 5000}selection{')' * 5000}"),
        "TOC030",
        "too deeply",
    ),
    rule("an aggregation", condition("selection | count() > 5"), "TOC030", "correlations"),
    rule("an unknown modifier", item("action|endwith: .update"), "TOC021", "'endswith'"),
    rule("modifiers that do not fit", item("action|re|contains: x"), "TOC022"),
    rule("a broken regular expression", item("action|re: '(payout'"), "TOC024", "RE2"),
    rule("a look-around", item("action|re: '(?=a)b'"), "TOC024", "look-around"),
    rule("a malformed network", item("client.ip|cidr: 10.0.0.0/99"), "TOC025", "10.0.0.0/8"),
    rule("a text where a number belongs", item("changed|gt: '5'"), "TOC022", "without quotes"),
    rule(
        "a placeholder without values",
        item("actor.id|expand: '%admins%'"),
        "TOC026",
        "placeholders/admins.txt",
    ),
    Bad(
        "one id in two rules",
        "tocsin validate one.yml two.yml".replace("one.yml two.yml", "."),
        1,
        ("TOC040", "one.yml:1"),
        {"one.yml": RULE, "two.yml": RULE},
    ),
    Bad(
        "a filter for nobody",
        "tocsin validate .",
        1,
        ("TOC041", "any"),
        {"one.yml": RULE, "filter.yml": FILTER},
    ),
)
