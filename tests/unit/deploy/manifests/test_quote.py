"""Values in manifests stay values."""

from __future__ import annotations

import pytest
import yaml

from tocsin.deploy.manifests.quote import unit
from tocsin.deploy.manifests.quote import yaml as quoted
from tocsin.errors import ConfigError


@pytest.mark.parametrize("text", ["plain", "- a", "a: b", '"', "#", "é", "", "null", "1", "a\\n'"])
def test_values_stay_values(text: str) -> None:
    assert yaml.safe_load(f"key: {quoted(text)}") == {"key": text}
    assert yaml.safe_load(f"- {quoted(text)}") == [text]


def test_values_of_units() -> None:
    assert unit("50%") == '"50%%"'
    assert unit("a b") == '"a b"'
    assert unit("$HOME") == '"$$HOME"'
    assert unit("") == '""'
    for dialect in (unit, quoted):
        with pytest.raises(ConfigError):
            dialect("a\nb")
