"""State decisions for detections that change; they become part of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tocsin.plan.steps import Bundle, Deploy, Step
from tocsin.release.entry import Entry
from tocsin.release.state_decision import StateDecision

JudgeChange = Callable[[str, bytes, bytes, str], StateDecision | None]
"""Of a backend's name, the artifact before and after, and what the author wishes."""


def judged(bundle: Bundle, old: Mapping[str, bytes], judge: JudgeChange) -> Bundle:
    """The plan with a verdict for each stateful detection whose artifact changes.

    `old` holds the bytes of the release before, by digest. What is impossible is a problem.
    """

    def of(step: Step) -> Step:
        match step:
            case Deploy(after=after, before=Entry() as before) if _goes_on(before, after):
                bodies = old[before.artifact], bundle.bodies[after.artifact]
                return replace(step, state=judge(after.backend, *bodies, after.on_change))
        return step

    plan = bundle.plan
    steps = tuple(of(step) for step in plan.steps)
    impossible = tuple(
        f"{step.after.key} asks to keep its state: {step.state.problem}"
        for step in steps
        if isinstance(step, Deploy) and step.state and step.state.problem
    )
    problems = (*plan.problems, *impossible)
    return replace(bundle, plan=replace(plan, steps=steps, problems=problems))


def _goes_on(before: Entry, after: Entry) -> bool:
    """Whether a correlation goes on in another form on the same backend."""
    stateful = before.stateful and after.stateful and before.backend == after.backend
    return stateful and before.artifact != after.artifact
