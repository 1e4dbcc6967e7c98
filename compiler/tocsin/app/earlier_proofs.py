"""How the cases of detections ended that come back from older releases, or are put right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tocsin.app.environment import OpenEnvironment
from tocsin.canonical import digest_bytes
from tocsin.plan.shadow import MARK
from tocsin.plan.steps import Deploy, Plan, Repair
from tocsin.release.entry import Entry
from tocsin.state.case_proof import FILE, CaseProof, decode, encode
from tocsin.state.release import Release


def earlier_proofs(opened: OpenEnvironment, plan: Plan) -> dict[str, bytes]:
    """The file with the newest rows of each detection as the plan deploys it; none for none."""
    steps = [step for step in plan.steps if isinstance(step, Deploy | Repair)]
    left = {step.after.id: step.after for step in steps if step.after.cases}
    found: list[CaseProof] = []
    for release, rows in _with_rows(opened, left):
        mine = {own for own, entry in left.items() if _same(release.entry(own), entry)}
        names = {own.removesuffix(MARK) for own in mine}
        taken = [row for row in rows if row.detection in names]
        found += [replace(row, kept=True) for row in taken]
        done = {row.detection for row in taken}
        left = {own: entry for own, entry in left.items() if own.removesuffix(MARK) not in done}
    return {FILE: encode(found)} if found else {}


def _same(was: Entry | None, entry: Entry) -> bool:
    return was is not None and (was.artifact, was.logic) == (entry.artifact, entry.logic)


def _with_rows(
    opened: OpenEnvironment, wanted: Mapping[str, Entry]
) -> list[tuple[Release, tuple[CaseProof, ...]]]:
    """The releases that have any of these with rows, newest first."""
    if not wanted:
        return []
    every = [each for each in opened.ledger.releases() if FILE in each.beside]
    having = [r for r in every if any(_same(r.entry(own), e) for own, e in wanted.items())]
    stored = opened.ledger.repository.read([f"{each.commit}:{FILE}" for each in having])
    return [
        (release, decode(each.data))
        for release, each in zip(having, stored, strict=True)
        if each and digest_bytes(each.data) == release.beside[FILE]
    ]
