"""What parsers complain of, in a line."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tocsin.parse_errors import first_line


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": {"b": "x"}}, "a.b: Input should be a valid integer"),
        (7, "Input should be a valid dictionary"),
    ],
)
def test_of_a_value_that_does_not_fit(given: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, dict[str, int]]).validate_python(given)
    assert first_line(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("a\nb"), "a"), (ValueError(), "ValueError")]
)
def test_of_anything_else(error: Exception, said: str) -> None:
    assert first_line(error) == said
