"""A plan against the world, and against the plan that the project gives here: same, or refused."""

from __future__ import annotations

from dataclasses import fields

from tocsin.errors import StaleError
from tocsin.plan.steps import Plan
from tocsin.state.release import Release


def check_base(plan: Plan, commit: str, number: int) -> None:
    """Raises StaleError unless this release, by commit and number, is the one it starts from."""
    if plan.base != commit:
        raise StaleError(
            f"the plan starts from release {plan.base_number}, "
            f"but {plan.environment} is at release {number}"
        )


def check_live(plan: Plan, live: str) -> None:
    """Raises StaleError unless what is deployed has the digest that it was made for."""
    if plan.live != live:
        raise StaleError(f"what is deployed in {plan.environment} changed since the plan was made")


def check_same(reviewed: Plan, own: Plan) -> None:
    """Raises StaleError unless both plans do the same; who made them, with what, may differ."""
    check_base(reviewed, own.base, own.base_number)
    check_live(reviewed, own.live)
    if reviewed.identity != own.identity:
        raise StaleError(
            f"the plan is not what this project compiles to: {_difference(reviewed, own)}",
            hint=f"plan again, or check out what the plan was made from: {reviewed.source}",
        )


def became(plan: Plan, release: Release) -> bool:
    """Whether this release is what the plan leads to."""
    return (release.parent, release.entries) == (plan.base, plan.result)


def _difference(reviewed: Plan, own: Plan) -> str:
    """The first detection that differs, else the part of the plan."""
    theirs, ours = ({entry.id: entry for entry in plan.result} for plan in (reviewed, own))
    for name in sorted(theirs.keys() | ours.keys()):
        if name not in ours:
            return f"the project has no {theirs[name].key}"
        if name not in theirs:
            return f"the plan has no {ours[name].key}"
        if theirs[name] != ours[name]:
            return f"{ours[name].key} is another one"
    reviewed, own = reviewed.effect, own.effect
    names = (field.name for field in fields(Plan))
    differ = (name for name in names if getattr(reviewed, name) != getattr(own, name))
    return f"its {next(differ)} differ"
