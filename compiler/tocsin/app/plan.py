"""Plans that deploy the project as it is now, or restore the last release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.content import ReadProject, earlier_in, read_project
from tocsin.app.directions import directions
from tocsin.app.earlier import coming_back
from tocsin.app.earlier_proofs import earlier_proofs
from tocsin.app.environment import OpenEnvironment
from tocsin.app.facts import facts_of
from tocsin.deploy.enclosure import Enclosure
from tocsin.deploy.rollout import PlannedStep
from tocsin.direction.verdict import Direction
from tocsin.errors import ConfigError
from tocsin.front.attack import attack_data
from tocsin.front.project import Project
from tocsin.ir.query import Resolved
from tocsin.plan import rollback as back
from tocsin.plan import saved
from tocsin.plan.build import Desired
from tocsin.plan.desired import completed, wanted
from tocsin.plan.shadow import MARK
from tocsin.plan.steps import Bundle, Deploy, Plan
from tocsin.state.enclosed import ATTACK
from tocsin.state.lock import read_lock
from tocsin.state.release import Release


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan with what is enclosed with the release that it becomes.

    `queries`: the detections of the project whose bytes it deploys. `now`: all that it may change
    the logic of, as they are to be.
    """

    bundle: Bundle
    enclosed: Enclosure
    queries: tuple[Resolved, ...] = ()
    now: tuple[Resolved, ...] = ()

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.bundle.plan


def plan_project(opened: OpenEnvironment) -> Bundle:
    """The plan. Raises FindingsError if the project has errors."""
    return prepare_project(opened).bundle


def plan_with_directions(opened: OpenEnvironment) -> tuple[Bundle, Mapping[str, Direction]]:
    """The plan, and the direction of each detection that it changes, by id."""
    read = read_project(opened)
    bundle = plan_of(opened, read.project)
    return bundle, directions(opened, bundle.plan, read.project.queries)


def prepare_project(opened: OpenEnvironment) -> Prepared:
    """The plan, with the project's files. Raises FindingsError if the project has errors."""
    read, last = read_project(opened), opened.ledger.last()
    return enclosing(plan_of(opened, read.project), read, last)


def plan_of(opened: OpenEnvironment, project: Project) -> Bundle:
    """The plan towards a project without errors, which was read already."""
    source = opened.ledger.repository.revision(opened.root)
    last = opened.ledger.last()
    desired = wanted(
        project, opened.name, read_lock(opened.root), last, source, progress=opened.progress
    )
    return opened.plan(completed(desired, opened.ledger))


def enclosing(bundle: Bundle, read: ReadProject, last: Release | None) -> Prepared:
    """A plan with the files of the project that it was made from."""
    earlier = earlier_in(read.project, bundle.plan.result, last)
    facts = facts_of(bundle.plan.result, read.found)
    enclosed = Enclosure({**read.files, ATTACK: attack_data()}, earlier=earlier, facts=facts)
    steps = [step for step in bundle.plan.steps if isinstance(step, Deploy)]
    new = {step.after.id.removesuffix(MARK) for step in steps}
    queries = tuple(query for query in read.project.queries if query.detection.id in new)
    return Prepared(bundle, enclosed, queries, read.project.queries)


def prepare_repair(opened: OpenEnvironment) -> Prepared:
    """The plan that restores the last release."""
    return prepare_recorded(opened, back.repair(opened.ledger))


def prepare_recorded(opened: OpenEnvironment, desired: Desired) -> Prepared:
    """The plan towards what is in the ledger, with the content that it has there."""
    bundle, facts = opened.plan(desired), facts_of(desired.entries, ())
    files = {ATTACK: attack_data(), **earlier_proofs(opened, bundle.plan)}
    content = Enclosure(files, desired.content_of, desired.earlier, facts)
    own = coming_back(opened.ledger, opened.root, desired.content_of, desired.earlier, bundle.plan)
    return Prepared(bundle, content, now=own)


def plan_rollout(opened: OpenEnvironment, bundle: Bundle) -> list[PlannedStep]:
    """What apply will do to jobs and workers; nothing for a plan that cannot be applied."""
    if opened.target is None or not bundle.plan.steps or bundle.plan.problems:
        return []
    return opened.target.rollout(bundle.plan, bundle.bodies)


def saved_plan(opened: OpenEnvironment, path: Path) -> Bundle:
    """A plan that was saved for this environment. Raises ConfigError for that of another."""
    bundle = saved.read(path)
    if bundle.plan.environment != opened.name:
        message = f"{path} is a plan for {bundle.plan.environment}, not for {opened.name}"
        raise ConfigError(message, hint=f"give --env {bundle.plan.environment}", file=path)
    return bundle
