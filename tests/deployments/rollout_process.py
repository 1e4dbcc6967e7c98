"""One move of an environment from an edition to the next, in a process that may be killed.

python -m deployments.rollout_process '<JSON>'
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from deployments.editions import BURSTS, Book, Edition, compiled, identity
from deployments.record_file import FileBoard
from tocsin.backend.streaming import Phase, Rollout, RolloutStep, StreamEnvironment, UnhealthyError
from tocsin.fault import point
from tocsin.release.state_decision import StateDecision
from tocsin_flink_sql.deploy.fleet import FlinkFleet

VERDICT = TypeAdapter(StateDecision)
HEALTHY_SECONDS = 180
"""The machine has other work."""
UNHEALTHY = 3
"""Exit code after a way back."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Where to go from where. `before` is empty at the first move."""

    project: str
    kafka: str
    gateway: str
    rest: str
    storage: str
    topic: str
    release: int
    before: str
    after: str
    verdict: str = ""
    partitions: int = 1

    @property
    def place(self) -> StreamEnvironment:
        """The environment."""
        return StreamEnvironment(
            project=self.project,
            environment="live",
            kafka=self.kafka,
            gateway=self.gateway,
            rest=self.rest,
            storage=self.storage,
            start="earliest",
            partitions=self.partitions,
            healthy_seconds=HEALTHY_SECONDS,
        )

    @property
    def fleet(self) -> FlinkFleet:
        """Its jobs."""
        return FlinkFleet.at(self.place)

    @property
    def board(self) -> FileBoard:
        """Its cutovers."""
        return FileBoard(Path(self.storage) / "board.json")

    @property
    def move(self) -> Rollout:
        """What a fleet is told."""
        before = self._book(self.before)
        after = self._book(self.after)
        bodies = {**before.bodies, **after.bodies}
        verdicts = {identity(BURSTS): VERDICT.validate_json(self.verdict)} if self.verdict else {}
        return Rollout(self.release, before.entries, after.entries, bodies, verdicts)

    def judged(self) -> Errand:
        """With the fate of the correlation's state, as a plan has it."""
        before, after = (self._book(text).body(BURSTS) for text in (self.before, self.after))
        if before is None or after is None or before == after:
            return self
        verdict = self.fleet.judge(before, after, "")
        return replace(self, verdict=VERDICT.dump_json(verdict).decode())

    def encode(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    def _book(self, text: str) -> Book:
        return compiled(Edition.decode(text), self.topic) if text else Book((), {}, {})


def carried(steps: Iterable[RolloutStep], board: FileBoard, *phases: Phase) -> None:
    """Carry out the steps of these phases; of all without one."""
    for step in steps:
        if step.phase in phases or not phases:
            step.carry_out(board)


def moved(errand: Errand) -> int:
    """Make the move; the exit code."""
    fleet, move, board = errand.fleet, errand.move, errand.board
    try:
        steps = fleet.steps(move)
        carried(steps, board, Phase.STAGE)
        point("staged")
        board.release(next((e.logic for e in move.after if e.stateful), ""))
        carried(steps, board, Phase.SWITCH)
        point("switched")
        carried(steps, board, Phase.SETTLE)
    except UnhealthyError as error:
        sys.stderr.write(error.message)
        board.release(next((e.logic for e in move.before if e.stateful), ""))
        carried(fleet.retreat(move), board)
        return UNHEALTHY
    return 0


if __name__ == "__main__":
    sys.exit(moved(Errand(**json.loads(sys.argv[1]))))
