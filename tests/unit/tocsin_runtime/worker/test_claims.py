"""Which source an event from a file belongs to."""

from __future__ import annotations

import json

import pytest

from tocsin.events.decode import NotAnEventError
from tocsin.ir.evaluate import View
from tocsin.model.source import Source
from tocsin_runtime.stream.base import Record
from tocsin_runtime.worker.claims import Claim, Claims
from tocsin_runtime.worker.process import Taken


def is_login(view: View) -> bool:
    return "login" in (view.texts("action") or ())


AUDIT = Claim(Source("audit", (), time_field="at", id_fields=("id",)))
OTHER = Claim(Source("other", (), time_field="time"))
NOTHING = Claim(Source("nothing", ()))
LOGIN = Claim(Source("login", (), time_field="at"), is_login)


def names(*claims: Claim, forced: str = "", **event: object) -> list[str]:
    found = Claims(claims, {}, forced)
    found(Taken(Record("file", 0, 0, json.dumps(event).encode())))
    return sorted(found.seen)


def test_an_event_belongs_to_sources_whose_time_and_identity_it_has() -> None:
    assert names(AUDIT, OTHER, at="1", id="2") == ["audit"]
    assert names(AUDIT, OTHER, at="1", id="2", time="3") == ["audit", "other"]


def test_a_condition_goes_before_them_and_decides_alone() -> None:
    assert names(AUDIT, LOGIN, at="1", id="2", action="login") == ["login"]
    assert names(AUDIT, LOGIN, action="login") == ["login"]
    assert names(AUDIT, LOGIN, at="1", id="2", action="logout") == ["audit"]


@pytest.mark.parametrize("event", [{"at": "1"}, {"at": "1", "id": None}, {}])
def test_an_event_of_no_source_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(NotAnEventError, match="belongs to no source"):
        names(AUDIT, NOTHING, **event)


def test_the_source_that_was_named_takes_all() -> None:
    assert names(AUDIT, forced="other") == ["other"]
