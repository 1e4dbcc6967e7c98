"""Events at the limits of what is taken."""

import pytest

from tocsin.events.decode import NotAnEventError, decode
from tocsin.events.piece import MAX_DEPTH, MAX_EVENT_BYTES


def test_events_at_the_limits_are_taken() -> None:
    deep = b'{"a":' * MAX_DEPTH + b'"' + b"[" * 500 + b'"' + b"}" * MAX_DEPTH
    assert list(decode(deep)) == ["a"]
    fits = b'{"a":"' + b"x" * (MAX_EVENT_BYTES - 8) + b'"}'
    assert len(decode(fits)["a"]) == MAX_EVENT_BYTES - 8
    with pytest.raises(NotAnEventError, match="larger than"):
        decode(fits + b" ")
