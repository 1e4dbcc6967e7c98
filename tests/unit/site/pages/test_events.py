"""The list of a ledger's events."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import tocsin.site.pages
from tocsin.state.ledger_event import AnyEvent, Verified


def test_every_kind_of_event_has_words() -> None:
    page = Path(tocsin.site.pages.__file__).with_name("templates") / "attempts.html"
    text = page.read_text("utf-8")
    for event in get_args(get_args(AnyEvent)[0]):
        (kind,) = get_args(get_type_hints(event)["kind"])
        if event is not Verified:  # the last branch
            assert f'each.kind == "{kind}"' in text
