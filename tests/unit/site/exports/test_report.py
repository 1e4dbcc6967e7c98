"""The report of a period: what it says, the same bytes again, a hint where it cannot be made."""

from __future__ import annotations

import sys

import pytest

from small_history import small_history
from tocsin.errors import ConfigError
from tocsin.site.exports.report.pdf import period_html, period_pdf
from tocsin.site.history.model import Period


def test_it_tells_all_parts_and_escapes_strangers() -> None:
    text = period_html(small_history())
    for said in (
        "3 of 3",
        "1 of 3 releases have a signed approval",
        "its logic changes: narrower",
        "needs 1 approval",
        "not until the end of the period",
        "no record",
        "2 runs of cases are on record, 2 passed",
        "1 live detection has no case on record",
    ):
        assert said in text
    assert "<script>" not in text
    assert "\u202e" not in text


def test_a_month_tells_of_that_month() -> None:
    text = period_html(
        small_history(Period("2026-01-01T00:00:00+00:00", "2026-01-31T23:59:59+00:00"))
    )
    assert "1 of 3</td>" in text
    assert "None is on record." in text


def test_the_same_history_gives_the_same_bytes() -> None:
    made = period_pdf(small_history())
    assert made.startswith(b"%PDF-")
    assert made == period_pdf(small_history())


def test_where_weasyprint_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(ConfigError, match="a PDF needs WeasyPrint") as raised:
        period_pdf(small_history())
    assert "tocsin[pdf]" in raised.value.hint
