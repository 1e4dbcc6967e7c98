"""Whatever is written in a rule: findings with a place, never an exception."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from authoring import rule
from property.expressions import values
from tocsin.diagnostics import Severity
from tocsin.front.collect import collect
from tocsin.front.key import KNOWN

KEYS = (
    *("title", "id", "name", "status", "level", "tags", "logsource", "detection", "correlation"),
    *("filter", "tocsin", "condition", "timeframe", "product", "category", "type", "rules"),
    *("group-by", "timespan", "gte", "eq", "field", "aliases", "generate", "selection", "owner"),
    *("tests", "expect", "events", "alert", "deploy", "falsepositives", "references", "date"),
)
TYPES = ("event_count", "value_count", "temporal", "temporal_ordered", "value_percentile")

fields = st.sampled_from(["f", "a.b", "", "*", "|", "f|", "f||contains"])
item_keys = st.builds(
    lambda field, modifiers: "|".join([field, *modifiers]),
    fields,
    st.lists(st.sampled_from(sorted(KNOWN)), max_size=3),
)
keys = st.one_of(st.sampled_from(KEYS), item_keys, st.text(max_size=4), st.integers(-3, 3))
leaves = st.one_of(
    values,
    st.text(max_size=12),
    st.sampled_from([*TYPES, "1 of them", "a and not b", "all of s*", "5m", "%x%", "10.0.0.0/8"]),
    st.sampled_from(["and", "not", "(", "1 of", "a or", "\ud7ff", "x" * 3000]),
)
anything: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def _read(content: bytes) -> None:
    """The front takes it or says what is wrong, at a place in the file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rule.yml"
        path.write_bytes(content)
        found = collect([path])
    assert found.rules or found.diagnostics or found.correlations
    for finding in found.diagnostics:
        assert finding.message
        assert finding.span.file.endswith("rule.yml")
        assert finding.severity in Severity


def _dumped(value: Any) -> bytes:
    return yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")


@given(st.dictionaries(keys, anything, max_size=6))
def test_any_map(given_: dict[Any, Any]) -> None:
    _read(_dumped(given_))


@settings(max_examples=200)
@given(st.sampled_from(KEYS), anything, anything)
def test_a_good_rule_with_one_key_gone_wrong(key: str, value: Any, below: Any) -> None:
    good = rule()
    _read(_dumped({**good, key: value}))
    _read(_dumped({**good, "detection": {**good["detection"], "selection": {"f|re": below}}}))
    _read(_dumped({**good, "detection": {"selection": below, "condition": "selection"}}))


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=6), st.sampled_from(TYPES))
def test_any_correlation(body: dict[str, Any], kind: str) -> None:
    _read(_dumped({**rule(), "correlation": {"type": kind, **body}}))
    _read(_dumped({"title": "Any", "correlation": {"type": kind, "rules": ["a"], **body}}))


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    _read(content)


@given(st.text("{}[]:,-?&*!|>'\"%@`# \n\tab1.~", max_size=60))
def test_any_yaml_like_text(content: str) -> None:
    _read(content.encode())
