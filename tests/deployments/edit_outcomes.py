"""What the verdict says of each edit beside what became of its state.

    cd tests && python -m deployments.edit_outcomes

tries all edits on real engines, which takes long, and writes `state-verdicts.json`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from deployments.correlation_edits import Edit, edits
from deployments.edit_events import Found, after_swap, told_ms
from deployments.savepoint_trials import STREAMS, Trial, tried
from differential.versions import versions
from tocsin.ir.query import CorrelationQuery
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_engines import EngineAddresses, running
from tocsin_flink_sql.backend import FlinkSql
from tocsin_flink_sql.state.compatibility import verdict
from tocsin_flink_sql.state.compiled_plan import CompiledPlan

RECORD = Path(__file__).resolve().parents[2] / "docs/deployments/state-verdicts.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An edit that was tried; `telling`: a job without state would have found something else."""

    edit: Edit
    verdict: StateDecision
    cause: str
    expected: list[Found] = field(repr=False)
    got: list[Found] = field(repr=False)
    telling: bool = True

    @property
    def fits(self) -> bool:
        """Whether the new version starts, and goes on as if it had read everything."""
        return not self.cause and self.got == self.expected

    @property
    def wrong_keep(self) -> bool:
        """Whether the verdict keeps what does not fit."""
        return self.verdict.fate is Fate.KEEP and not self.fits

    @property
    def right(self) -> bool:
        """Whether it keeps just what fits."""
        return (self.verdict.fate is Fate.KEEP) == self.fits

    @property
    def became(self) -> str:
        """What became of the state, in a few words."""
        if self.cause:
            return "does not start"
        if self.fits:
            return "fits"
        lacking = len(set(self.expected) - set(self.got))
        surplus = len(set(self.got) - set(self.expected))
        return f"{lacking} missed, {surplus} wrong"


def outcomes(chosen: Sequence[Edit], endpoints: EngineAddresses, folder: Path) -> Iterator[Outcome]:
    """Each edit, judged and tried."""
    for trial in tried(chosen, endpoints, folder):
        yield _outcome(trial)


def _outcome(trial: Trial) -> Outcome:
    edit = trial.edit
    wanted = expected(edit.before, edit.after)
    return Outcome(
        edit=edit,
        verdict=judged(edit, trial.plans),
        cause=trial.cause,
        expected=wanted,
        got=trial.got,
        telling=wanted != expected(edit.before, edit.after, whole=False),
    )


def expected(
    before: CorrelationQuery, after: CorrelationQuery, *, whole: bool = True
) -> list[Found]:
    """What the new version finds after the swap; or what it would, had it no state."""
    first = after.sources[0]
    told = STREAMS[first.topic or first.name]
    watermark = told_ms(before.sources, STREAMS[before.sources[0].name].first)
    return after_swap(after, told.events if whole else told.without_first, watermark)


def judged(edit: Edit, plans: tuple[CompiledPlan, CompiledPlan]) -> StateDecision:
    """What the verdict says where the author wishes nothing."""
    before, after = (FlinkSql().deployed(query).body for query in (edit.before, edit.after))
    return verdict(before, after, "", lambda: plans)


# --- the record -----------------------------------------------------------------------------------


def main() -> int:
    """Try all edits and record them; 1 if the verdict keeps what does not fit."""
    start = time.monotonic()
    with running(("kafka", "flink"), name=f"edits-{os.getpid()}") as endpoints:
        found = list(_shown(outcomes(edits(), endpoints, endpoints.logs / "edits")))
    record = recorded(found, time.monotonic() - start)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    click.echo(json.dumps({key: value for key, value in record.items() if key != "edits"}))
    return 1 if record["wrong_keeps"] else 0


def _shown(found: Iterable[Outcome]) -> Iterator[Outcome]:
    for each in found:
        mark = "ok" if each.right else "WRONG KEEP" if each.wrong_keep else "not kept"
        click.echo(
            f"{mark}: {each.edit.type}: {each.edit.what}: {each.became}, {each.verdict.fate}"
            f" ({each.verdict.why}) {each.cause}",
            err=True,
        )
        yield each


def recorded(found: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """The figures, and a line for each edit."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "edits_tried": len(found),
        "fit": sum(each.fits for each in found),
        "right": sum(each.right for each in found),
        "wrong_keeps": sum(each.wrong_keep for each in found),
        "seconds": round(seconds),
        "versions": {**versions("flink-sql"), "python": platform.python_version()},
        "edits": [_line(each) for each in found],
    }


def _line(each: Outcome) -> dict[str, Any]:
    return {
        "type": each.edit.type,
        "what": each.edit.what,
        "became": each.became,
        "matches": len(each.expected),
        "telling": each.telling,
        "verdict": each.verdict.fate.value,
        "why": each.verdict.why,
        "right": each.right,
    }


if __name__ == "__main__":
    sys.exit(main())
