"""Sets of code points as RE2 sees them."""

from __future__ import annotations

import string

import pytest

from tocsin.ir.codepoints import matched_by


@pytest.mark.parametrize("ignore_case", [False, True])
@pytest.mark.parametrize("char", [*"aAkKsSzZ", *"059"])
def test_a_letter_is_what_re2_says(char: str, *, ignore_case: bool) -> None:
    """A class of one letter is asked of RE2."""
    asked = matched_by(f"[{char}]", ignore_case=ignore_case)
    assert matched_by(char, ignore_case=ignore_case) == asked


def test_only_two_letters_have_a_third_case() -> None:
    found = {c for c in string.ascii_letters if len(matched_by(f"[{c}]", ignore_case=True)) > 2}
    assert found == set("kKsS")
