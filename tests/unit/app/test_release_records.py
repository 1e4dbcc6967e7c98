"""What the ledger tells of an alert: by the text that its release encloses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from authoring import project, rule, write
from deploying import git
from tocsin.app.release_records import LedgerRecords
from tocsin.cli.main import main_group
from tocsin_server.alerts.models import Alert
from tocsin_server.alerts.received import received
from tocsin_server.console.evidence import AlertEvidence, evidence_of
from tocsin_server.console.recorded import NoRecordError
from unit.cli.test_correlations import many, refund, stream

SINGLE = rule(
    title="Void",
    id="7b1f6a1e-0a69-4d0f-8a55-2f0a9d1c7e13",
    detection={"s": {"action": "void"}, "condition": "s"},
    tocsin={"owner": "shop"},
)
SETTINGS = '[project]\nname = "shop"\n[environments.local]\nkind = "local"\nbackend = "batch-sql"\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose release raised alerts, and whose rules have changed since."""
    made = project(tmp_path_factory.mktemp("records") / "p", {"single.yml": SINGLE})
    for path, text in (
        ("tocsin.toml", SETTINGS),
        ("rules/refund.yml", refund()),
        ("rules/many.yml", many()),
    ):
        write(made / path, text)
    git(made, "init", "-q", "-b", "main")
    git(made, "add", ".")
    git(made, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "-m", "first")
    seen = [
        *stream(*((at, "ada") for at in (0, 20, 40))),
        {**stream((70, "bob"))[0], "action": "void"},
    ]
    write(made / "events.jsonl", b"".join(orjson.dumps(each) + b"\n" for each in seen).decode())
    for words in ("apply --yes", f"worker --events {made}/events.jsonl"):
        asked = [*words.split(), "--env", "local", "--project", str(made)]
        told = CliRunner().invoke(main_group, asked)
        assert told.exit_code == 0, told.output
    for file in (made / "rules").glob("*.yml"):
        file.write_text("broken: [", "utf-8")
    return made


@pytest.fixture
def records(root: Path) -> LedgerRecords:
    return LedgerRecords(root, ["local"], "shop")


def evidence(root: Path, title: str) -> AlertEvidence:
    file = next(root.rglob("alerts.jsonl"))
    found = [received(line) for line in file.read_bytes().splitlines()]
    one = next(each for each in found if each.title == title)
    names = ("id", "detection", "release", "environment", "body")
    return evidence_of(Alert(**{name: getattr(one, name) for name in names}))


def test_each_leaf_with_its_value(root: Path, records: LedgerRecords) -> None:
    seen = evidence(root, "Void")
    [(number, tree)] = records.explain(seen.raised, seen.events).trees
    assert (number, tree.holds) == (0, True)
    leaf = tree
    while leaf.below:
        leaf = leaf.below[-1]
    assert (leaf.label, leaf.holds, leaf.seen) == ("action is 'void'", True, "'void'")


def test_the_window_of_a_correlation(root: Path, records: LedgerRecords) -> None:
    seen = evidence(root, "Many Refunds of One User")
    window = records.explain(seen.raised, seen.events).window
    assert window
    assert window.holds
    assert [member.event for member in window.members] == [0, 1, 2]
    assert window.members[-1].time == window.end


def test_where_it_comes_from(root: Path, records: LedgerRecords) -> None:
    told = records.provenance(evidence(root, "Void").raised)
    assert told.file == "rules/single.yml"
    assert told.commit == git(root, "rev-parse", "main").strip()
    assert told.ledger == git(root, "rev-parse", "tocsin/local").strip()
    assert told.approvers == ()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"environment": "prod"}, "no environment prod"),
        ({"environment": "../x"}, "no environment"),
        ({"release": 9}, "no release 9"),
        ({"detection": "x"}, "does not have this detection"),
        ({"logic": "0" * 64}, "another logic"),
    ],
)
def test_what_the_ledger_does_not_tell(
    root: Path, records: LedgerRecords, changed: dict[str, object], reason: str
) -> None:
    raised = replace(evidence(root, "Void").raised, **changed)  # type: ignore[arg-type]
    with pytest.raises(NoRecordError, match=reason):
        records.explain(raised, [])
    with pytest.raises(NoRecordError, match=reason):
        records.provenance(raised)
