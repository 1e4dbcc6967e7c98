"""The YAML reader: values exact, places kept, surprises refused."""

from pathlib import Path

import pytest

from authoring import codes, write
from tocsin.diagnostics import Span
from tocsin.front.yaml import MAX_BYTES, MAX_DEPTH, YamlDocument, read_bytes, read_file


def read(text: str) -> YamlDocument:
    documents, wrong = read_bytes(text.encode(), "rule.yml")
    assert wrong == []
    [document] = documents
    return document


def refused(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    return codes(read_bytes(data, "rule.yml")[1])


def test_values_are_plain_and_exact() -> None:
    text = "{a: 9007199254740993, b: 1.5, c: true, d: null, e: '010', f: [x, -1], g: ~, h: 1.0e+3}"
    assert read(text).value == {
        "a": 9007199254740993,
        "b": 1.5,
        "c": True,
        "d": None,
        "e": "010",
        "f": ["x", -1],
        "g": None,
        "h": 1000.0,
    }


def test_keys_are_texts() -> None:
    assert read("{1: a, 2.5: b, true: c}").value == {"1": "a", "2.5": "b", "true": "c"}


def test_places() -> None:
    document = read("title: A\ndetection:\n  sel:\n    field|re:\n      - one\n      - two\n")
    path = ("detection", "sel", "field|re")
    assert document.span(path, key=True) == Span("rule.yml", 4, 5)
    assert document.span((*path, 1)) == Span("rule.yml", 6, 9)
    assert document.span((*path, 9)) == document.span(path)
    assert document.span(("detection", "nothing", "here")) == Span("rule.yml", 3, 3)
    assert document.span() == Span("rule.yml", 1, 1)


def test_columns_count_code_points_and_not_bytes() -> None:
    assert read("🙂ä: {b: c}").span(("🙂ä", "b")) == Span("rule.yml", 1, 9)


def test_several_documents() -> None:
    documents, wrong = read_bytes(b"a: 1\n---\nb: 2\n---\n", "rule.yml")
    assert [d.value for d in documents if d.value is not None] == [{"a": 1}, {"b": 2}]
    assert documents[1].span(("b",), key=True).line == 3
    assert wrong == []


def test_a_byte_order_mark_is_no_content() -> None:
    assert read("\ufefftitle: A").value == {"title": "A"}


@pytest.mark.parametrize(
    "value",
    [
        "010",
        "0x1F",
        "1_000",
        "1:30",
        "yes",
        "no",
        "On",
        "OFF",
        "2026-11-23",
        "0b11",
        "0o17",
        "1e3",
        ".inf",
        ".nan",
        ".5",
        "1_0.5",
    ],
)
def test_accidents_of_yaml_1_1(value: str) -> None:
    assert refused(f"a:\n  - {value}\n") == ["TOC004"]
    assert read(f"a: '{value}'").value == {"a": value}


@pytest.mark.parametrize("key", ["yes", "No", "on", "OFF"])
def test_keys_that_yaml_1_1_reads_as_booleans(key: str) -> None:
    assert refused(f"{key}: a") == ["TOC004"]


def test_y_and_n_are_texts() -> None:
    assert read("{y: n}").value == {"y": "n"}


def test_dates_stand_in_a_rule_unquoted() -> None:
    value = read("date: 2026-11-23\nmodified: 2026-11-24").value
    assert value == {"date": "2026-11-23", "modified": "2026-11-24"}
    assert refused("detection: {date: 2026-11-23}") == ["TOC004"]


def test_duplicate_keys_at_any_depth() -> None:
    _, wrong = read_bytes(b"a:\n  - b: 1\n    c: 2\n    b: 3\n", "rule.yml")
    assert [(d.code, d.span.line, d.span.column) for d in wrong] == [("TOC003", 4, 5)]


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object:os.system x",
        "a: !!binary aGk=",
        "a: !!set {b, c}",
        "a: !own b",
        "a: !own [b]",
        "a: !own {b: c}",
        "a: !!python/tuple [b]",
        "a: =",
        "{? [a] : b}",
        "a: &x {b: c}\nd: {<<: *x}",
        "a: &x [*x]",
        "a: &x {b: {c: *x}}",
    ],
)
def test_what_plain_yaml_does_not_need_is_refused(text: str) -> None:
    assert refused(text) == ["TOC005"]


def test_aliases_of_plain_values_are_fine() -> None:
    assert read("a: &x [1]\nb: *x").value == {"a": [1], "b": [1]}


def test_an_alias_bomb_ends_early() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert refused("\n".join(["l0: &l0 [lol]", *levels])) == ["TOC005"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 5000 + "}" * 5000,
        "- " * 5000 + "a",
        "\n".join(" " * n + "a:" for n in range(500)),
        "? " * 3000 + "a",
        "a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    ],
    ids=["open", "flow", "dashes", "block", "keys", "just too deep"],
)
def test_deep_nesting_is_refused_without_a_crash(text: str) -> None:
    assert set(refused(text)) <= {"TOC002", "TOC005"}
    assert refused(text)


def test_the_deepest_that_is_allowed() -> None:
    deep = "a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert refused(deep) == []


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: b\nc: \xff\n", (2, 4)),
        (b"\x89PNG\r\n\x1a\n", (1, 1)),
        ("a: b".encode("utf-16"), (1, 1)),
        (b"a: \xed\xa0\x80", (1, 4)),
    ],
    ids=["latin", "binary", "utf-16", "surrogate"],
)
def test_other_encodings(data: bytes, place: tuple[int, int]) -> None:
    _, [found] = read_bytes(data, "rule.yml")
    assert (found.code, found.span.line, found.span.column) == ("TOC001", *place)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b\n  c: d\n", 2),
        ("a: 'b\n", 2),
        ("a: [b\n", 1),
        ("a: b\n\tc: d\n", 2),
        ('a: "\\ud800"', 1),
        ('a: "\\q"', 1),
        ("a: *nothing", 1),
        ("a: \0", 1),
        ("%TAG x", 1),
        ("a: `b`", 1),
    ],
)
def test_syntax_errors_have_a_place(text: str, line: int) -> None:
    _, [found] = read_bytes(text.encode(), "rule.yml")
    assert found.code == "TOC002"
    assert found.span.line == line


@pytest.mark.parametrize("value", ["9" * 5000, "-" + "9" * 400, "1.0e+400", "9" * 400 + ".0"])
def test_numbers_that_no_engine_holds(value: str) -> None:
    assert refused(f"a: {value}") == ["TOC004"]


def test_large_numbers_stay_exact() -> None:
    assert read(f"a: {10**30 + 1}").value == {"a": 10**30 + 1}


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "big.yml", b"a: " + b"x" * MAX_BYTES)
    documents, [found] = read_file(path)
    assert documents == []
    assert (found.code, found.message) == (
        "TOC001",
        "cannot read the file: it is larger than 2 MiB",
    )


def test_a_file_that_is_a_folder_or_gone(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.yml"):
        assert codes(read_file(path)[1]) == ["TOC001"]


def test_all_findings_of_a_file_at_once() -> None:
    assert refused("a: yes\nb: 010\nb: !own c\n") == ["TOC003", "TOC004", "TOC004", "TOC005"]
