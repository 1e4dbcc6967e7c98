"""`tocsin approve`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin import files
from tocsin.app.approve import Reviewed
from tocsin.app.approve import approve as use_case
from tocsin.app.signing import own_key
from tocsin.cli.deploying import on_input_terminal
from tocsin.cli.output import console, echo_json, format_option, say, shown
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.plan_text import plan_text
from tocsin.errors import ConfigError
from tocsin.plan import saved

_PLAN, _OUT = GivenPath(folder=False), WrittenPath(folder=False)


@click.command()
@click.option(
    "--plan", "plan_file", type=GivenPath(folder=False), required=True, help="The saved plan."
)
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
    plan_file: Path,
    *,
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

    It holds for a plan that does the same, from the same release on; for no other.
    """
    plan = saved.read(plan_file).plan
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
