"""The list of a ledger's events."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import tocsin.site.pages
from tocsin.state.ledger_event import AnyEvent, Verified


def test_every_kind_of_event_has_words() -> None:
    page = Path(tocsin.site.pages.__file__).with_name("templates") / "attempts.html"
    for event in get_args(get_args(AnyEvent)[0]):
        if event is not Verified:  # the last branch
            assert f'each.kind == "{event.kind}"' in page.read_text("utf-8")
