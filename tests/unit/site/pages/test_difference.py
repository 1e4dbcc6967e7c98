"""What two texts have, and what only one has."""

from __future__ import annotations

from tocsin.site.pages.difference import difference


def test_what_changed_stands_between_what_did_not() -> None:
    old = "".join(f"line {n}\n" for n in range(20))
    lines = difference(old, old.replace("line 9\n", "line nine\n"))
    assert [line.kind for line in lines] == [
        "gap",
        *["same"] * 3,
        "gone",
        "new",
        *["same"] * 3,
        "gap",
    ]
    assert [line.text for line in lines if line.kind in ("gone", "new")] == ["line 9", "line nine"]
    assert (lines[0].text, lines[-1].text) == ("6 lines as before", "7 lines as before")


def test_equal_texts_have_no_difference() -> None:
    assert difference("a\nb", "a\nb\n") == ()


def test_long_texts_are_shown_whole() -> None:
    lines = difference("a\n" * 3000, "b\n" * 3000)
    assert [lines[0].kind, lines[-1].kind, len(lines)] == ["gone", "new", 6000]
