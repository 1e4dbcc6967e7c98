"""Files of at most a megabyte that ask for as much time and memory as they can, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from authoring import OTHER_ID, RULE_ID, SOURCE

SIZE = 1_000_000
HEAD = "title: A\nlogsource: {product: shop, service: audit}\n"
DETECTION = "detection: {s: {action: a}, condition: s}\n"
CASE = "tests/x"
RULE = "rules/attack.yml"
Files = dict[str, bytes]


def _fill(make: Callable[[int], str], size: int = SIZE) -> str:
    """So many lines that all of them together have at most so many bytes."""
    lines: list[str] = []
    left = size - 2000
    while left > 0:
        lines.append(make(len(lines)))
        left -= len(lines[-1].encode())
    return "".join(lines[:-1])


def _rule(detection: str, **more: str) -> Files:
    own = HEAD + f"id: {RULE_ID}\ndetection:\n" + detection
    return {RULE: own.encode(), **{name: text.encode() for name, text in more.items()}}


def _values(key: str, make: Callable[[int], str], **more: str) -> Files:
    listed = _fill(lambda n: f"   - {make(n)}\n")
    return _rule(f" s:\n  {key}:\n{listed} condition: s\n", **more)


def _documents(make: Callable[[int], str]) -> Files:
    return {RULE: _fill(lambda n: make(n) + "---\n").encode()}


def _uuid(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


def attacks() -> Iterator[tuple[str, Files]]:
    """Name and files of each."""
    yield from _lists()
    yield from _conditions()
    yield from _many()
    yield from _shapes()


def _lists() -> Iterator[tuple[str, Files]]:
    yield "values", _values("action", lambda n: f"v{n}")
    yield "values that contain", _values("action|contains", lambda n: f"v{n}")
    yield "globs", _values("action", lambda n: f"'*{n}*b?c*'")
    yield "windash", _values("action|windash|contains", lambda n: f"'-a -b -c -d {n}'")
    yield (
        "windash and Base64",
        _values("action|windash|base64offset|contains", lambda n: f"'-a -b -c -d {n}'"),
    )
    yield (
        "windash of a long text",
        _rule(f" s:\n  action|windash: '-a -b -c -d {'x' * 900_000}'\n condition: s\n"),
    )
    yield "many dashes", _rule(f" s:\n  action|windash: '{'-a ' * 300_000}'\n condition: s\n")
    yield (
        "long texts to Base64",
        _rule(f" s:\n  action|wide|base64offset|contains: '{'x' * 900_000}'\n condition: s\n"),
    )
    yield "expressions", _values("action|re", lambda n: f"'a{n}.*b'")
    yield "large expressions", _values("action|re", lambda n: f"'.{{900}}{n}'")
    yield "too large expressions", _values("action|re", lambda n: f"'(\\pL{{0,99}}){{0,9}}{n}'")
    yield "one long expression", _rule(f" s:\n  action|re: '{'(a|b)?' * 150_000}'\n condition: s\n")
    yield (
        "deep expression",
        _rule(f" s:\n  action|re: '{'(' * 400_000 + 'a' + ')' * 400_000}'\n condition: s\n"),
    )
    yield "networks", _values("address|cidr", lambda n: f"10.{n % 256}.{n // 256 % 256}.0/24")
    yield "numbers", _values("amount|gt", str)
    yield "other fields", _values("action|fieldref", lambda n: f"f{n}")
    yield (
        "placeholders",
        _values(
            "action|expand",
            lambda n: f"'%a%{n}'",
            **{"placeholders/a.txt": _fill(lambda n: f"v{n}\n")},
        ),
    )
    yield (
        "product of placeholders",
        _rule(
            f" s:\n  action|expand: '{'%a%' * 300_000}'\n condition: s\n",
            **{"placeholders/a.txt": "a\nb\n"},
        ),
    )
    yield (
        "one placeholder many times",
        _rule(
            f" s:\n  action|expand: '{'%a%' * 300_000}'\n condition: s\n",
            **{"placeholders/a.txt": "a\n"},
        ),
    )
    yield (
        "long placeholders",
        _values(
            "action|expand",
            lambda n: f"'%a%%a%{n}'",
            **{"placeholders/a.txt": "x" * 400_000 + "\n" + "y" * 400_000 + "\n"},
        ),
    )
    yield "fields", _rule(" s:\n" + _fill(lambda n: f"  f{n}: a\n") + " condition: s\n")
    yield (
        "fields with a bad modifier",
        _rule(" s:\n" + _fill(lambda n: f"  f{n}|contian: a\n") + " condition: s\n"),
    )
    yield (
        "bad values of a long field",
        _rule(
            f" s:\n  {'f' * 100_000}|gt:\n"
            + _fill(lambda _: "   - a\n", 800_000)
            + " condition: s\n"
        ),
    )
    yield "keywords", _rule(" s:\n" + _fill(lambda n: f"  - word{n}\n") + " condition: s\n")
    yield "maps", _rule(" s:\n" + _fill(lambda n: f"  - {{action: a{n}}}\n") + " condition: s\n")


def _conditions() -> Iterator[tuple[str, Files]]:
    selections = _fill(lambda n: f" s{n}: {{action: a{n}}}\n")
    yield "selections", _rule(selections + " condition: 1 of them\n")
    glob = "*a" * 1900
    yield "glob", _rule(f" {'a' * 400_000}: {{action: a}}\n condition: 1 of {glob}b\n")
    yield (
        "globs in a list",
        _rule(
            f" {'a' * 3000}: {{action: a}}\n condition:\n"
            + _fill(lambda n: f"  - 1 of {glob}b{n}\n")
        ),
    )
    some = "".join(f" s{n}: {{action: a{n}}}\n" for n in range(900))
    wide = " or ".join(["1 of s*"] * 300)
    yield "references", _rule(some + f" condition: {wide}\n")
    yield (
        "negated references",
        _rule(some + " condition: " + " or ".join(["not 1 of s*"] * 250) + "\n"),
    )
    long = " or ".join(["s"] * 900)
    yield (
        "list of conditions",
        _rule(" s: {action: a}\n condition:\n" + _fill(lambda _: f"  - {long} or s\n")),
    )
    yield (
        "list of short conditions",
        _rule(
            " s: {action: a}\n condition:\n" + _fill(lambda n: f"  - s or not {'(' * (n % 9)}s\n")
        ),
    )
    yield (
        "condition of a megabyte",
        _rule(" s: {action: a}\n condition: " + "not " * 240_000 + "s\n"),
    )


def _many() -> Iterator[tuple[str, Files]]:
    def rules(n: int) -> str:
        return f"{HEAD}id: {_uuid(n)}\nname: r{n}\n{DETECTION}"

    yield "rules", _documents(rules)
    some = "---\n".join(map(rules, range(900)))
    yield "wrong rules", {RULE: some.replace("title: A", "title: [A]").encode()}
    yield "unknown fields", {RULE: some.replace("action", "acton").encode()}
    yield "one id", {RULE: some.replace(_uuid(1), _uuid(2)).encode()}

    def filters(n: int) -> str:
        body = f"{{rules: any, s: {{a: {n}}}, condition: not s}}"
        return f"title: F\nlogsource: {{product: shop}}\nfilter: {body}\n"

    yield "filters", {RULE: some.encode(), "rules/filters.yml": _documents(filters)[RULE]}
    values = "".join(f"   - v{n}\n" for n in range(9000))
    yield (
        "filter of many",
        {
            RULE: some.encode(),
            "rules/filter.yml": (
                "title: F\nlogsource: {product: shop}\nfilter:\n rules: any\n s:\n"
                f"  action:\n{values} condition: not s\n"
            ).encode(),
        },
    )
    correlation = "title: C\ncorrelation:\n type: temporal\n timespan: 1m\n rules:\n"
    yield (
        "rules of a correlation",
        {RULE: (correlation + _fill(lambda n: f"  - rule_{n}\n")).encode()},
    )
    yield (
        "correlations",
        {
            RULE: ("---\n".join(map(rules, range(2))) + "---\n").encode()
            + "---\n".join(
                f"title: C\nname: c{n}\nid: {_uuid(10_000 + n)}\ncorrelation:\n type: temporal\n"
                f" timespan: 1m\n rules: [{f'c{n - 1}' if n else 'r0'}, r1]\n"
                for n in range(900)
            ).encode()
        },
    )
    presence = " or ".join(f"(r{n} and not r{n + 1})" for n in range(29))
    yield (
        "condition of a correlation",
        {
            RULE: (
                some + f"---\ntitle: C\ncorrelation:\n type: temporal\n timespan: 1m\n"
                f" rules: [{', '.join(f'r{n}' for n in range(30))}]\n condition: {presence}\n"
            ).encode()
        },
    )
    base = "".join(f"  f{n}: a\n" for n in range(30_000))
    events = "".join("   - {action: a}\n" for _ in range(30_000))
    yield (
        "base",
        {
            "rules/attack.yml": f"{HEAD}id: {RULE_ID}\n{DETECTION}".encode(),
            "rules/attack.test.yml": (
                f"base:\n{base}cases:\n- name: c\n  events:\n{events}  expect: {{alerts: 1}}\n"
            ).encode(),
        },
    )
    yield (
        "bad events of a long case",
        {
            "rules/attack.yml": f"{HEAD}id: {RULE_ID}\n{DETECTION}".encode(),
            "rules/attack.test.yml": (
                f"cases:\n- name: {'n' * 400_000}\n  events:\n"
                + "".join("   - {at: x}\n" for _ in range(30_000))
                + "  expect: {alerts: 1}\n"
            ).encode(),
        },
    )
    yield (
        "fields of a source",
        {
            "sources/shop.yml": (SOURCE + _fill(lambda n: f"  f{n}: string\n")).encode(),
            RULE: f"{HEAD}id: {RULE_ID}\n{DETECTION}".encode(),
        },
    )
    served = _fill(lambda n: f"  - {{product: p{n}}}\n")
    yield (
        "log sources",
        {
            "sources/many.yml": (
                f"source: many\ntitle: M\nlogsources:\n{served}time: {{field: time}}\n"
                "fields: {time: timestamp}\n"
            ).encode(),
            RULE: some.replace("product: shop", "product: shpo").encode(),
        },
    )
    yield (
        "environments",
        {
            "tocsin.toml": _fill(
                lambda n: f'[environments.e{n}]\nkind = "local"\nbackend = "batch-sql"\n'
            ).encode(),
            RULE: (
                f"{HEAD}id: {RULE_ID}\n{DETECTION}tocsin:\n deploy:\n"
                + _fill(lambda n: f"  x{n}: live\n", 500_000)
            ).encode(),
        },
    )


def _shapes() -> Iterator[tuple[str, Files]]:
    for name, text in {
        "depth by carriage returns": "".join(" " * n + "a:\r" for n in range(1200)),
        "depth by other line breaks": "".join(" " * n + "a:\u2028" for n in range(1200)),
        "depth of lists": "- " * 500_000,
        "depth of brackets": "[" * 900_000,
        "depth of maps": "{a: " * 240_000,
        "questions": "? " * 450_000,
        "blanks between dashes": ("-" + " " * 25_000) * 39,
        "dashes in rows": _fill(lambda _: "- " * 39 + "a\n"),
        "aliases": "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(30)
        ),
        "anchors": _fill(lambda n: f"a{n}: &a{n} x\n"),
        "keys": _fill(lambda n: f"k{n}: a\n"),
        "one key": _fill(lambda _: "a: b\n"),
        "tags": HEAD + "tags:\n" + _fill(lambda n: f"- attack.t{n}\n"),
        "unknown tags": HEAD + "tags:\n" + _fill(lambda n: f"- attack.discovry{n}\n") + DETECTION,
        "lists of references": HEAD + "references:\n" + _fill(lambda _: "- a\n") + DETECTION,
        "related": HEAD
        + "related:\n"
        + _fill(lambda _: f"- {{id: {OTHER_ID}, type: derived}}\n")
        + DETECTION,
        "long title": f"title: {'t' * 900_000}\n" + HEAD[9:] + DETECTION,
        "quotes": "title: " + "'" * 990_000,
        "no end": "title: '" + "a\n" * 400_000,
        "nulls": "\0" * SIZE,
        "markers": "---\n" * 250_000,
        "comments": "#\n" * 500_000,
        "wrong keys of tocsin": HEAD + DETECTION + "tocsin:\n" + _fill(lambda n: f" owmer{n}: a\n"),
        "wrong dates": HEAD + DETECTION + f"date: {'2020-' * 190_000}\n",
        "wrong id": HEAD + DETECTION + f"id: {'a-' * 400_000}\n",
        "long name": HEAD + DETECTION + f"name: {'n' * 900_000}\n",
        "long number": HEAD + DETECTION + f"level: {'9' * 900_000}\n",
    }.items():
        yield name, {RULE: text.encode()}
    yield "toml", {"tocsin.toml": b"a = " + b"[" * 900_000}
    yield "toml tables", {"tocsin.toml": b"[" + b"a." * 400_000 + b"a]\n"}
    yield (
        "lock",
        {
            "tocsin.lock": _fill(lambda n: f"r{n} {_uuid(n)} v1 {'0' * 64}\n").encode(),
            RULE: f"{HEAD}id: {RULE_ID}\n{DETECTION}".encode(),
        },
    )
