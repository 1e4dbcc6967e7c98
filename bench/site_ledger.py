"""A ledger of any size, made up: releases with changes, approvals, attempts, drift, signatures.

    .venv/bin/python -m bench.site_ledger FOLDER [DETECTIONS RELEASES]

It is written straight as git objects, without Tocsin's own writer, which takes a second for a large
release. The same shape gives the same ledger, but for keys and signatures, which are new each time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

from bench.site_consent import CI, TRUST, afterwards, agreement
from bench.site_events import Before, between, brought
from bench.site_files import DECLARED, encoded, source_file, step_record, tests_of
from bench.site_git import FastImport
from bench.site_rules import population
from bench.site_steps import MadeStep, Steps
from tocsin import __version__
from tocsin.canonical import digest_bytes
from tocsin.front.attack import attack_data, load_attack
from tocsin.plan.steps import PLAN, Plan
from tocsin.release.entry import Action
from tocsin.release.mute import Mute
from tocsin.state import case_proof, ledger_event
from tocsin.state.consent import approval_path
from tocsin.state.enclosed import ARTIFACTS, ATTACK, CONTENT, beside, content_digest
from tocsin.state.facts import ReleaseFacts
from tocsin.state.ledger_event import LedgerEvent
from tocsin.state.release import ENVELOPE, FILE, KIND, Release, Revision
from tocsin.trust.dsse import Envelope

ENVIRONMENT, PROJECT = "prod", "generated"
_SETTINGS = f"""[project]
name = "{PROJECT}"
[environments.{ENVIRONMENT}]
kind = "local"
backend = "batch-sql"
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large, and what is in it. `old`: so many releases at the beginning are of form 1.

    `titles`: of the first detections, where a test wants its own. `files`: more of the project.
    """

    detections: int = 30
    releases: int = 12
    seed: int = 1
    old: int = 0
    begin: datetime = datetime(2026, 1, 1, 9, tzinfo=UTC)
    step: timedelta = timedelta(hours=30)
    titles: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def write(folder: Path, shape: Shape | None = None) -> None:
    """A repository with the ledger, the last release's project as its work tree, `trust.toml`."""
    making = _Making(folder, shape or Shape())
    for number in range(1, making.shape.releases + 1):
        making.release(number)
    making.end()


class _Making:
    def __init__(self, folder: Path, shape: Shape) -> None:
        self.shape, self._folder = shape, folder
        random = Random(shape.seed)  # noqa: S311 - the same again
        techniques = sorted(load_attack().techniques)[:: max(1, 700 // (shape.detections + 60))]
        drawn = population(shape.detections, techniques, shape.titles, random)
        self._steps = Steps(drawn, random)
        self._shown = {each.id: each.record() for each in drawn}
        self._content: dict[str, bytes] = {}
        self._digests: dict[str, str] = {}
        self._own: set[str] = set()
        self._muted: Mute | None = None
        self._later: list[LedgerEvent] = []
        self._log, self._parent, self._number = b"", "", 0
        self._git = FastImport(folder, f"tocsin/{ENVIRONMENT}")

    def release(self, number: int) -> None:
        """The next one, with what happened before it."""
        at = self.shape.begin + (number - 1) * self.shape.step
        steps = self._steps.of(number)
        plan = self._plan(number, steps)
        self._events([*self._later, *between(self._last(), {})], at - self.shape.step / 3)
        self._later = []
        gone = [f"{ARTIFACTS}{s.before.entry.path}" for s in steps if s.before and not s.after]
        files = {f"{ARTIFACTS}{s.after.entry.path}": s.after.artifact for s in steps if s.after}
        files["plan.json"] = plan
        own: dict[str, bytes] = {}
        if number > self.shape.old:
            gone += self._project(number, steps, files)
            own[ATTACK] = attack_data()
            own |= {case_proof.FILE: tests_of(steps)} if any(s.after for s in steps) else {}
            self._grow(brought(number), at)
            own |= self._log_files()
        consent = None
        if number > self.shape.old + 2:
            consent, approvals = agreement(orjson.loads(plan), steps, at)
            own |= {approval_path(n): data for n, data in enumerate(approvals, 1)}
            if consent.emergency:
                self._later = [afterwards(orjson.loads(plan), number, at + timedelta(hours=1))]
        lost = tuple(s.before.entry for s in steps if s.before and not s.after)
        release = Release(
            number=number,
            environment=ENVIRONMENT,
            project=PROJECT,
            parent=self._parent,
            made=at.isoformat(timespec="seconds"),
            who="CI <ci@example.org>",
            reason=f"change {number}",
            plan=digest_bytes(plan),
            source=Revision(f"{number:040x}"),
            sources=DECLARED,
            removed=lost,
            approvals=() if consent else ("ada",),
            tools={"tocsin": __version__},
            consent=consent,
            beside=beside({path: digest_bytes(data) for path, data in own.items()}),
            mutes=self._mutes(number, at),
        )
        record = self._record(release, orjson.loads(plan)["result"])
        own[FILE] = record
        if number > self.shape.old:
            own[ENVELOPE] = self._signed(record, KIND)
        gone += sorted(self._own - own.keys())
        self._own, self._number = set(own), number
        message = f"{ENVIRONMENT}: release {number}\n"
        self._parent = self._git.commit({**files, **own}, gone, at, message)

    def end(self) -> None:
        """Write the project as the last release has it, beside the ledger."""
        self._git.close()
        for path, data in {**self._content, "trust.toml": TRUST.encode()}.items():
            file = self._folder / path.removeprefix(CONTENT)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def _last(self) -> Before:
        deployed = len(self._steps.deployed)
        return Before(self._number, self._parent, deployed, self._log.count(b"\n"))

    def _events(self, events: Iterable[LedgerEvent], at: datetime) -> None:
        """A commit that adds events only."""
        if self._number > self.shape.old and self._grow(events, at):
            files = self._log_files()
            self._own |= set(files)
            self._git.commit(files, (), at, f"{ENVIRONMENT}: events\n")

    def _grow(self, events: Iterable[LedgerEvent], at: datetime) -> bool:
        stamp = {"at": at.isoformat(timespec="seconds"), "environment": ENVIRONMENT}
        more = list(events)
        who = {"who": "CI <ci@example.org>", "run": "https://forge.example.org/runs/1"}
        self._log = ledger_event.grown(self._log, more, stamp | who)
        return bool(more)

    def _log_files(self) -> dict[str, bytes]:
        if not self._log:
            return {}
        signed = self._signed(self._log, ledger_event.SIGNED_KIND)
        return {ledger_event.FILE: self._log, ledger_event.ENVELOPE: signed}

    def _signed(self, data: bytes, kind: str) -> bytes:
        return Envelope(kind, data).by(CI).encode(detached=True)

    def _plan(self, number: int, steps: Sequence[MadeStep]) -> bytes:
        for step in steps:
            if step.after:
                self._shown[step.id] = step.after.record()
        acted = {step.id: step.action for step in steps}
        deployed = sorted(self._steps.deployed.values(), key=lambda each: each.slug)
        plan = PLAN.dump_python(
            Plan(
                environment=ENVIRONMENT,
                project=PROJECT,
                reason=f"change {number}",
                base=self._parent,
                base_number=number - 1,
                source=Revision(f"{number:040x}"),
                tools={"tocsin": __version__},
                sources=DECLARED,
            ),
            mode="json",
        )
        plan["steps"] = [step_record(step) for step in steps]
        plan["result"] = [
            self._shown[each.id] | {"action": str(acted.get(each.id, Action.UNCHANGED))}
            for each in deployed
        ]
        return orjson.dumps(plan, option=orjson.OPT_SORT_KEYS)

    def _project(
        self, number: int, steps: Sequence[MadeStep], files: dict[str, bytes]
    ) -> list[str]:
        """Puts what is new of the project among the files; gives what is gone of it."""
        now = {step.id: step.after for step in steps if step.after}
        if number == self.shape.old + 1:
            now = self._steps.deployed
            texts = {"tocsin.toml": _SETTINGS.encode(), **self.shape.files}
            texts |= {f"sources/{each.name}.yml": source_file(each) for each in DECLARED}
            files |= {f"{CONTENT}{path}": data for path, data in texts.items()}
        for each in now.values():
            files |= {f"{CONTENT}{path}": data for path, data in each.files.items()}
        lost = [s.before for s in steps if s.before and not s.after]
        gone = [f"{CONTENT}{path}" for each in lost for path in each.files]
        self._content |= {p: data for p, data in files.items() if p.startswith(CONTENT)}
        self._content = {p: data for p, data in self._content.items() if p not in set(gone)}
        new = {p: digest_bytes(data) for p, data in files.items() if p.startswith(CONTENT)}
        self._digests |= new
        for path in gone:
            self._digests.pop(path, None)
        return gone

    def _mutes(self, number: int, at: datetime) -> tuple[Mute, ...]:
        """Every fifth release mutes a detection for a step and a half, the next one keeps that."""
        deployed = self._steps.deployed
        if number > self.shape.old and number % 5 == 0:
            until = (at + 3 * self.shape.step / 2).isoformat(timespec="seconds")
            muted = min(id_ for id_, each in deployed.items() if each.mode == "live")
            since, review = at.isoformat(timespec="seconds"), f"mute/{number}"
            self._muted = Mute(muted, since, until, "floods the night shift", "ada", review)
        held = self._muted
        return (held,) if held and held.holds(at) and held.detection in deployed else ()

    def _record(self, release: Release, result: Sequence[dict[str, Any]]) -> bytes:
        """Its bytes, with what only form 2 tells."""
        if release.number <= self.shape.old:
            return encoded(release, result)
        facts = ReleaseFacts(
            run=f"https://forge.example.org/runs/{release.number}",
            seconds={"recording the release": 1.5},
            detections=sum(each["mode"] == "live" for each in result),
            directions=dict(release.consent.directions) if release.consent else {},
        )
        content = content_digest(self._digests)
        return encoded(replace(release, form=2, content=content, facts=facts), result)


if __name__ == "__main__":
    _, folder, *sizes = sys.argv
    count, many = map(int, sizes or (30, 12))
    write(Path(folder), Shape(detections=count, releases=many))
