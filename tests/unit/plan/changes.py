"""Plans from one state of an environment to another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deploying import Spec, State, desired
from tocsin.plan import explain
from tocsin.plan.build import build
from tocsin.plan.steps import (
    Bundle,
)
from tocsin.release.entry import Action
from tocsin.state.live import Live, LiveArtifact
from tocsin.state.release import Release

BASE = {"a": Spec(), "b": Spec(body="b2")}


def release(state: State) -> Release:
    """What the ledger would say after these were deployed."""
    return Release(
        number=4,
        environment="local",
        project="payments",
        parent="p" * 40,
        made="2026-01-01T00:00:00+00:00",
        who="A",
        reason="apply",
        plan="0" * 64,
        entries=desired(state).entries,
        commit="c" * 40,
    )


def in_place(state: State) -> Live:
    entries = desired(state).entries
    return Live({e.path: LiveArtifact(e.path, e.artifact, e.mode) for e in entries}, 4)


def plan(before: State, after: State, *, live: Live | None = None, **extra: Any) -> Bundle:
    wanted = replace(desired(after), **extra)
    return build(wanted, release(before), live or in_place(before))


def actions(bundle: Bundle) -> dict[str, Action]:
    return {e.key: e.action for e in bundle.plan.result}


def facts(bundle: Bundle) -> list[str]:
    return [fact for row in explain.rows(bundle.plan) for fact in row.facts]
