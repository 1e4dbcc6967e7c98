"""Real telemetry: it is read and scanned without a crash, and the counts do not move."""

from pathlib import Path

import pytest

from corpus.conftest import Corpus
from corpus_rules import bind
from tocsin.events.reading import read_events
from tocsin.ir.text import lookup, texts
from tocsin.ir.walk import fields_of
from tocsin.scan.infer import infer
from tocsin.scan.run import scan_evaluator

pytestmark = pytest.mark.shared

FILES = (
    "windows/otrf-atomic/cmd_wevtutil_modify_security_eventlog_path.jsonl.gz",
    "cloudtrail",
    "zeek",
    "linux",
)
SAMPLE = 15


def sample(shared: Path, name: str) -> list[dict[str, object]]:
    path = shared / "data" / name
    files = [path] if path.is_file() else sorted(path.rglob("*.jsonl*"))
    found: list[dict[str, object]] = []
    for file in files[:2]:
        read = read_events([file])
        assert read.diagnostics == []
        found += read.events[:: max(1, len(read.events) // SAMPLE)][:SAMPLE]
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_scan_of_real_events(shared: Path, corpus: Corpus, name: str) -> None:
    events = sample(shared, name)
    assert events
    result = scan_evaluator(bind(corpus.read.rules, ignore_logsource=False), events)
    assert result.refused == ()
    assert all(0 <= match.event < len(events) for match in result.matches)


@pytest.mark.parametrize("name", FILES)
def test_inferred_rows_of_real_events_keep_their_text_forms(
    shared: Path, corpus: Corpus, name: str
) -> None:
    events = sample(shared, name)
    fields = sorted({f for rule in corpus.read.rules for f in fields_of(rule.expr)})
    _, rows = infer(fields, events, keywords=True)
    for event, row in zip(events, rows, strict=True):
        assert all(texts(row.get(f)) == texts(lookup(event, f)) for f in fields)
