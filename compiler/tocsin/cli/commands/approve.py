"""`tocsin approve`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin import files
from tocsin.app.approve import Reviewed
from tocsin.app.approve import approve as use_case
from tocsin.app.signing import own_key
from tocsin.cli import completion
from tocsin.cli.deploying import on_input_terminal
from tocsin.cli.options import project_option, remote_option
from tocsin.cli.output import console, echo_json, format_option, say, shown
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.plan_text import plan_text
from tocsin.errors import ConfigError
from tocsin.plan import saved
from tocsin.plan.steps import Plan

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
@click.option("--out", type=_OUT, required=True, help="Write the approval to this file.")
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
    out: Path,
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
    plan = saved.read(plan_file).plan if plan_file else _released(env, project, remote, release)
    console().print(plan_text(plan), soft_wrap=True)
    if not yes:
        if not on_input_terminal():
            raise ConfigError("there is no terminal to ask on", hint="give --yes")
        click.confirm("Approve this?", abort=True)
    told = Reviewed(reviewer, review, head, reason, hours)
    files.write(out, use_case(plan, told, own_key(key)))
    if fmt == "json":
        echo_json({"file": shown(out), "plan": plan.identity, "environment": plan.environment})
        return
    say(f"{reviewer} approves plan {plan.identity[:12]} for {plan.environment}: {out}")


def _released(env: str, project: Path | None, remote: str, release: int | None) -> Plan:
    from tocsin.app.afterwards import plan_of_release  # noqa: PLC0415 - keeps `--help` quick
    from tocsin.app.environment import open_environment  # noqa: PLC0415 - as above

    if not env:
        raise ConfigError("--release needs --env ENV")
    opened = open_environment(env, project, remote=remote, resolve=False)
    return plan_of_release(opened, release or 0)
