"""Returns to an older release, or one detection to an older version."""

from __future__ import annotations

from tocsin.app.apply import Review, carry_out, finish_interrupted
from tocsin.app.attempts import attempt
from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import prepare_recorded
from tocsin.errors import ConfigError
from tocsin.plan import rollback as back
from tocsin.plan.build import Desired
from tocsin.plan.steps import Bundle
from tocsin.state.release import Release


def plan_rollback(opened: OpenEnvironment, rule: str | None, to: str | None) -> Bundle:
    """The plan that returns to a release or a version of `rule`; by default the previous one."""
    return opened.plan(_desired(opened, rule, to))


def roll_back(
    opened: OpenEnvironment,
    rule: str | None,
    to: str | None,
    given: Given,
    review: Review,
) -> Release | None:
    """Carry it out; None if there is nothing to do."""
    with attempt(opened, "rollback", rule or "") as underway:
        finish_interrupted(opened, underway)
        made = prepare_recorded(opened, _desired(opened, rule, to))
        underway.plan = made.plan
        review(made.plan)
        return carry_out(opened, made, given, None) if made.plan.steps else None


def _desired(opened: OpenEnvironment, rule: str | None, to: str | None) -> Desired:
    if rule:
        return back.to_version(opened.ledger, rule, back.number_of(to, "v") if to else None)
    if to:
        return back.to_release(opened.ledger, back.number_of(to, "r"))
    raise ConfigError(
        "say what to roll back",
        hint="give --to RELEASE for the whole environment, or a RULE (with --to VERSION)",
    )
