"""`tocsin unmute`: a muted detection raises alerts again."""

from __future__ import annotations

import click

from tocsin.app.consent import Given
from tocsin.app.environment import OpenEnvironment
from tocsin.app.mute import unmute as use_case
from tocsin.cli import completion
from tocsin.cli.deploying import reviewer, tell_release
from tocsin.cli.options import consent_options, environment_options
from tocsin.cli.output import format_option


@click.command()
@click.argument("rule", shell_complete=completion.detections)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@consent_options
@environment_options
@format_option("text", "json")
def unmute(opened: OpenEnvironment, *, rule: str, yes: bool, given: Given, fmt: str) -> None:
    """Raise alerts of RULE (key, id or prefix) again, before its mute is over.

    A mute that is over needs nothing: it ended by itself.
    """
    opened.reachable()
    review = reviewer("" if yes else "Unmute it?")
    tell_release(use_case(opened, rule, given, review), fmt)
