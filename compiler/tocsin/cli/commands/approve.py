"""`tocsin approve`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from tocsin import files
from tocsin.app.approve import Reviewed, kept_at
from tocsin.app.approve import approve as use_case
from tocsin.app.signing import own_key
from tocsin.canonical import digest_bytes
from tocsin.cli import completion
from tocsin.cli.deploying import on_input_terminal
from tocsin.cli.options import project_option, remote_option
from tocsin.cli.output import console, echo_json, format_option, say, shown
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.plan_text import plan_text
from tocsin.errors import ConfigError
from tocsin.plan import saved
from tocsin.plan.steps import Plan

_DIGITS = 16
_PLAN, _OUT = GivenPath(folder=False), WrittenPath(folder=False)


@click.command()
@click.option("--plan", "plan_file", type=_PLAN, help="The saved plan.")
@click.option(
    "--release",
    type=click.IntRange(min=1),
    help="Instead of a plan: a release that was let through alone, to agree with it afterwards.",
)
@click.option(
    "--env",
    default="",
    metavar="ENV",
    shell_complete=completion.environments,
    help="With --release: its environment.",
)
@project_option
@remote_option
@click.option("--key", required=True, metavar="KEY", help="Your key: env:NAME, or a file.")
@click.option(
    "--reviewer", required=True, metavar="NAME", help="Who approves, as the trust file says."
)
@click.option("--out", type=_OUT, help="Write the approval to this file.")
@click.option(
    "--into",
    type=WrittenPath(file=False),
    help="Instead: below this folder, where the branch tocsin-approvals keeps it.",
)
@click.option(
    "--is",
    "expected",
    metavar="DIGEST",
    help="Only if this is what the plan is intended to do: its first 16 digits, at least.",
)
@click.option("--review", default="", metavar="ID", help="The review, where reviews are kept.")
@click.option("--head", default="", metavar="COMMIT", help="The commit that was reviewed.")
@click.option(
    "--break-glass",
    "reason",
    default="",
    metavar="REASON",
    help="An emergency: whoever the policy lets do so approves alone, even in a freeze.",
)
@click.option(
    "--hours", type=click.IntRange(1, 72), default=1, show_default=True, help="How long that holds."
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@format_option("text", "json")
def approve(  # noqa: PLR0913 - one parameter per option
    plan_file: Path | None,
    *,
    release: int | None,
    env: str,
    project: Path | None,
    remote: str,
    key: str,
    reviewer: str,
    out: Path | None,
    into: Path | None,
    expected: str | None,
    review: str,
    head: str,
    reason: str,
    hours: int,
    yes: bool,
    fmt: str,
) -> None:
    """Approve a saved plan: a signed statement for `apply --approval FILE`.

    It holds for a plan that does the same, from the same release on; for no other. With --release,
    agree afterwards with what somebody let through alone, for `review record --approval FILE`.
    """
    if (plan_file is None) == (release is None):
        raise ConfigError("say what you approve: --plan FILE, or --env ENV --release N")
    if release and reason:
        raise ConfigError("--break-glass lets a plan through, and --release is there already")
    if (out is None) == (into is None):
        raise ConfigError("say where to write it: --out FILE, or --into FOLDER")
    plan = saved.read(plan_file).plan if plan_file else _released(env, project, remote, release)
    if into:
        plan = replace(plan, live="")  # what is kept is for what is intended
    _check_expected(plan, expected)
    console().print(plan_text(plan), soft_wrap=True)
    if not yes:
        if not on_input_terminal():
            raise ConfigError("there is no terminal to ask on", hint="give --yes")
        click.confirm("Approve this?", abort=True)
    data = use_case(plan, Reviewed(reviewer, review, head, reason, hours), own_key(key))
    kept = kept_at(plan.environment, plan.intended, digest_bytes(data))
    place = out or (into or Path()) / kept
    files.put(place, data)
    if fmt == "json":
        echo_json({"file": shown(place), "plan": plan.identity, "environment": plan.environment})
        return
    say(f"{reviewer} approves plan {plan.identity[:12]} for {plan.environment}: {shown(place)}")


def _check_expected(plan: Plan, expected: str | None) -> None:
    """Raises ConfigError where somebody has seen another plan, or none."""
    if expected is None:
        return
    if len(expected) < _DIGITS or not plan.intended.startswith(expected.lower()):
        raise ConfigError(
            f"the plan is {plan.intended[:_DIGITS]}, not {expected!r}",
            hint=f"look at it again; the first {_DIGITS} digits of what you have seen are enough",
        )


def _released(env: str, project: Path | None, remote: str, release: int | None) -> Plan:
    from tocsin.app.afterwards import plan_of_release  # noqa: PLC0415 - keeps `--help` quick
    from tocsin.app.environment import open_environment  # noqa: PLC0415 - as above

    if not env:
        raise ConfigError("--release needs --env ENV")
    opened = open_environment(env, project, remote=remote, resolve=False)
    return plan_of_release(opened, release or 0)
