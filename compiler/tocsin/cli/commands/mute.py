"""`tocsin mute`: an emergency brake for the alerts of one detection."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.mute import MuteRequest, plan_mute
from tocsin.app.mute import mute as use_case
from tocsin.app.mute_review import MuteReview
from tocsin.cli import completion
from tocsin.cli.deploying import (
    out_option,
    refuse_out,
    reviewer,
    show_plan,
    tell_release,
)
from tocsin.cli.options import consent_options, environment_options
from tocsin.cli.output import echo_json, format_option, say
from tocsin.errors import ConfigError
from tocsin.front.block import milliseconds
from tocsin.state.release import Release

_SUCH_AS = "for example 2026-12-01T18:00:00Z"


@click.command()
@click.argument("rule", shell_complete=completion.detections)
@click.option("--for", "lasting", default="", metavar="DURATION", help="How long, such as 4h.")
@click.option(
    "--until", default="", metavar="TIME", help="Until when, such as 2026-12-01T18:00:00Z."
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is recorded.")
@click.option("--no-review", is_flag=True, help="Make no branch for a review afterwards.")
@click.option(
    "--key", default="", metavar="KEY", help="Approve it as an emergency: your key, env: or a file."
)
@click.option(
    "--reviewer",
    "person",
    default="",
    metavar="NAME",
    help="With --key: who, as in the trust file.",
)
@click.option("--dry-run", is_flag=True, help="Only show the plan.")
@out_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@consent_options
@environment_options
@format_option("text", "json")
def mute(  # noqa: PLR0913 - one parameter per option
    opened: OpenEnvironment,
    *,
    rule: str,
    lasting: str,
    until: str,
    reason: str,
    no_review: bool,
    key: str,
    person: str,
    dry_run: bool,
    out: Path | None,
    yes: bool,
    given: Given,
    fmt: str,
) -> None:
    """Raise no alerts of RULE (key, id or prefix) for a time: a release that is in force at once.

    Its matches are recorded as ever, marked `muted`. It ends by itself at that time. A branch with
    its text is made, to be reviewed afterwards.

    Where a policy is in force, it needs approvals like what weakens a detection, or that of one who
    may break the glass: --key and --reviewer give it.
    """
    if bool(key) != bool(person):
        raise ConfigError("--key and --reviewer go together")
    request = MuteRequest(rule, _end(lasting, until), reason, not no_review, key, person)
    if dry_run:
        show_plan(plan_mute(opened, request, given), out, fmt)
        return
    refuse_out(out)
    opened.reachable()
    review = reviewer("" if yes else "Mute it?")
    release, begun = use_case(opened, request, given, review)
    _tell(release, begun, fmt)


def _end(lasting: str, until: str) -> datetime:
    """The time. Raises ConfigError unless exactly one of both says it."""
    if bool(lasting) == bool(until):
        raise ConfigError("say how long: --for 4h, or --until 2026-12-01T18:00:00Z")
    try:
        if lasting:
            return datetime.now(UTC) + timedelta(milliseconds=milliseconds(lasting))
        found = datetime.fromisoformat(until)
    except (ValueError, OverflowError) as error:
        if lasting:
            raise ConfigError(f"--for {lasting!r}: {error}") from None
        raise ConfigError(f"not a time: {until}", hint=_SUCH_AS) from None
    if found.tzinfo is None:
        raise ConfigError(f"--until {until!r} has no time zone", hint=_SUCH_AS)
    return found


def _tell(release: Release, review: MuteReview | None, fmt: str) -> None:
    if fmt == "json":
        told = asdict(review) if review else None
        echo_json({"release": release.record, "review": told})
        return
    tell_release(release, fmt)
    if review and review.remote:
        say(f"to be reviewed: branch {review.branch}, pushed to {review.remote}")
    elif review:
        say(f"to be reviewed: branch {review.branch}, which is only here: push it")
