"""Every SigmaHQ rule becomes a detection or a finding."""

import re
from collections import Counter
from pathlib import Path

import pytest

from corpus.conftest import Corpus
from tocsin.diagnostics import Severity
from tocsin.front.collect import collect
from tocsin.front.resolve import resolve_inferred
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import Const
from tocsin.ir.trace import lines, trace
from tocsin.model.source import Source

pytestmark = pytest.mark.shared


def test_every_file_is_a_rule_or_has_a_finding(corpus: Corpus) -> None:
    read = {rule.detection.span.file for rule in corpus.read.rules}
    refused = {d.span.file for d in corpus.read.diagnostics if d.severity is Severity.ERROR}
    files = {str(path) for path in corpus.root.glob("rules*/**/*.yml")}
    assert len(files) == corpus.read.files == 3780
    assert len(corpus.read.rules) == 3755
    assert read | refused == files
    assert not read & refused


def test_only_placeholders_are_refused(corpus: Corpus) -> None:
    errors = [d for d in corpus.read.diagnostics if d.severity is Severity.ERROR]
    assert {d.code for d in errors} == {"TOC026"}
    assert len({d.span.file for d in errors}) == 25
    assert all(d.rule and d.hint and d.span.line > 1 for d in errors)


def test_placeholder_rules_work_once_the_lists_exist(corpus: Corpus) -> None:
    files = sorted({Path(d.span.file) for d in corpus.read.diagnostics if d.code == "TOC026"})
    texts = [file.read_text("utf-8") for file in files]
    names = {name for text in texts for name in re.findall(r"%(\w[\w.-]*)%", text)}
    read = collect(files, {name: (f"one-{name}", f"other-{name}*") for name in names})
    assert read.diagnostics == ()
    assert len(read.rules) == 25


def test_no_rule_is_always_true_or_always_false(corpus: Corpus) -> None:
    constant = [r.detection.id for r in corpus.read.rules if isinstance(r.expr, Const)]
    assert constant == []


def test_every_rule_is_evaluated_hashed_and_explained(corpus: Corpus) -> None:
    event = {"CommandLine": "a -b /c", "EventID": 4624, "Image": None, "userIdentity": {"type": []}}
    source = Source("events", ())
    digests = Counter(
        resolve_inferred(rule, source, ignore_logsource=True).logic for rule in corpus.read.rules
    )
    assert len(digests) > 3600
    for rule in corpus.read.rules[::5]:
        tree = trace(rule.expr, View(event))
        assert tree.holds is evaluate(rule.expr, event)
        assert all(line.isprintable() for line in lines(tree))


def test_the_longest_list(corpus: Corpus) -> None:
    lengths = {r.detection.id: len(getattr(r.expr, "args", ())) for r in corpus.read.rules}
    assert max(lengths.values()) >= 4000
