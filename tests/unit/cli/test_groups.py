"""Many findings of one kind in one block."""

from collections.abc import Iterator

import click
import pytest

from tocsin.cli.groups import FEW, group_text, grouped, styled
from tocsin.diagnostics import Diagnostic, Severity, Span


def many(code: str, *messages: str, severity: Severity = Severity.ERROR) -> list[Diagnostic]:
    return [
        Diagnostic(code, message, Span(f"{at}.yml", 3, 2), severity, hint=f"mend {message}")
        for at, message in enumerate(messages)
    ]


def lines(found: list[Diagnostic]) -> Iterator[list[str]]:
    _, groups = grouped(found)
    return (click.unstyle(group_text(group)).splitlines() for group in groups)


def test_a_few_stay_as_they_are_and_in_their_order() -> None:
    found = [*many("TOC021", *"abc"), *many("TOC034", *"abcde")]
    assert grouped(found) == (found, [])


def test_errors_come_first_then_what_is_most_frequent() -> None:
    few = many("TOC020", "x")
    found = [
        *many("TOC101", *["a"] * 50, severity=Severity.WARNING),
        *many("TOC045", *["a"] * 6),
        *few,
        *many("TOC047", *["a"] * 7),
    ]
    shown, groups = grouped(found)
    assert shown == few
    codes = [group.found[0].code for group in groups]
    assert codes == ["TOC047", "TOC045", "TOC101"]


def test_one_code_of_two_severities_is_two_kinds() -> None:
    found = [*many("TOC080", *"abc"), *many("TOC080", *"abc", severity=Severity.WARNING)]
    assert grouped(found) == (found, [])


def test_what_all_say_is_the_title() -> None:
    [said] = lines(many("TOC045", *["no source serves service=x"] * 1234))
    assert said == [
        "1,234 × error TOC045: no source serves service=x",
        "  such as 0.yml:3:2",
        "  hint: mend no source serves service=x",
    ]


def test_messages_are_counted_and_the_most_frequent_shown() -> None:
    messages = ["z", *["b"] * 5, *["a"] * 9, *["c"] * 2, *["d"] * 2, "e"]
    [said] = lines(many("TOC045", *messages))
    assert said == [
        "20 × error TOC045: No source serves the log source",
        "        9 × a",
        "        5 × b",
        "        2 × c",
        "        4 × 3 other messages",
        "  such as 6.yml:3:2: a",
        "  hint: mend a",
    ]


def test_so_many_messages_as_are_asked_for() -> None:
    [group] = grouped(many("TOC045", *["b"] * 5, *["a"] * 9, "c", "d"))[1]
    assert group_text(group, 3).splitlines()[1:5] == [
        "        9 × a",
        "        5 × b",
        "        1 × c",
        "        1 × another message",
    ]
    assert "other" not in group_text(group, 4)


def test_messages_that_all_differ_are_not_listed() -> None:
    [said] = lines(many("TOC101", *map(str, range(FEW + 1))))
    assert said == [
        "6 × error TOC101: No owner",
        "  such as 0.yml:3:2: 0",
        "  hint: mend 0",
    ]


def test_a_code_of_a_backend_and_what_moves_the_cursor() -> None:
    [said] = lines(many("XYZ001", *["a\x1b[2J"] * 6, "b"))
    assert said[:2] == ["7 × error XYZ001: a\\x1b[2J", "        6 × a\\x1b[2J"]
    assert "        1 × another message" in said


@pytest.mark.parametrize(("value", "shown"), [("1", "error"), ("", "\x1b[31merror\x1b[0m")])
def test_no_color(value: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", value)
    assert styled("error", fg="red") == shown
