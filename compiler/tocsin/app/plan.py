"""Plans that deploy the project as it is now, or restore the last release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tocsin.app.directions import directions
from tocsin.app.environment import OpenEnvironment
from tocsin.app.project import sound_project
from tocsin.deploy.rollout import PlannedStep
from tocsin.direction.verdict import Direction
from tocsin.errors import ConfigError
from tocsin.front.project import Project
from tocsin.plan import rollback as back
from tocsin.plan import saved
from tocsin.plan.desired import completed, wanted
from tocsin.plan.steps import Bundle
from tocsin.state.lock import read_lock


def plan_project(opened: OpenEnvironment) -> Bundle:
    """The plan. Raises FindingsError if the project has errors."""
    return plan_of(opened, sound_project(opened.root, opened.progress))


def plan_with_directions(opened: OpenEnvironment) -> tuple[Bundle, Mapping[str, Direction]]:
    """The plan, and the direction of each detection that it changes, by id."""
    project = sound_project(opened.root, opened.progress)
    bundle = plan_of(opened, project)
    return bundle, directions(opened, bundle.plan, project.queries)


def plan_of(opened: OpenEnvironment, project: Project) -> Bundle:
    """The plan towards a project without errors, which was read already."""
    source = opened.ledger.repository.revision(opened.root)
    last = opened.ledger.last()
    desired = wanted(
        project, opened.name, read_lock(opened.root), last, source, progress=opened.progress
    )
    return opened.plan(completed(desired, opened.ledger))


def plan_repair(opened: OpenEnvironment) -> Bundle:
    """The plan that restores the last release."""
    return opened.plan(back.repair(opened.ledger))


def plan_rollout(opened: OpenEnvironment, bundle: Bundle) -> list[PlannedStep]:
    """What apply will do to jobs and workers; nothing for a plan that cannot be applied."""
    if opened.target is None or not bundle.plan.steps or bundle.plan.problems:
        return []
    return opened.target.rollout(bundle.plan, bundle.bodies)


def saved_plan(opened: OpenEnvironment, path: Path) -> Bundle:
    """A plan that was saved for this environment. Raises ConfigError for that of another."""
    bundle = saved.read(path)
    if bundle.plan.environment != opened.name:
        raise ConfigError(f"{path} is a plan for {bundle.plan.environment}, not for {opened.name}")
    return bundle
