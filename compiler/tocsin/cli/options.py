"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from tocsin.cli import completion
from tocsin.cli.paths import GivenPath
from tocsin.cli.progress import progress

F = TypeVar("F", bound=Callable[..., Any])
AUTO, NONE = "auto", "none"

project_option = click.option(
    "--project",
    type=GivenPath(exists=True, file=False),
    help="Folder of the project [default: found from the current folder].",
)
remote_option = click.option(
    "--remote", default="", help="Share the ledger's branch through this git remote."
)
env_option = click.option(
    "--env",
    required=True,
    metavar="ENV",
    shell_complete=completion.environments,
    help="Environment in tocsin.toml.",
)
database_option = click.option(
    "--database",
    default="",
    envvar="TOCSIN_DATABASE",
    show_envvar=True,
    metavar="ADDRESS",
    help="sqlite:///FILE or postgresql://…, or env:NAME, file:PATH; else .tocsin/server.db.",
)
_FILE = GivenPath(folder=False)


def kept_alerts_options(command: Callable[..., None]) -> Callable[..., None]:
    """Where alerts are kept: the command gets it as one KeptAlerts."""

    @click.option(
        "--server",
        default="",
        envvar="TOCSIN_SERVER",
        show_envvar=True,
        metavar="URL",
        help="A server's address; else its database is read.",
    )
    @click.option(
        "--token",
        default="env:TOCSIN_TOKEN",
        show_default=True,
        metavar="REFERENCE",
        help="A token of that server: env:NAME or file:PATH.",
    )
    @database_option
    @wraps(command)
    def given(*opened: Any, server: str, token: str, database: str, **options: Any) -> None:
        from tocsin.app.kept_alerts import KeptAlerts  # noqa: PLC0415 - keeps `--help` quick

        command(*opened, kept=KeptAlerts(server, token, database), **options)

    return given


ledger_ends_option = click.option(
    "--ledger-ends-at",
    "ends_at",
    type=click.IntRange(min=0),
    metavar="N",
    help="The last release, whatever the environment says: what says otherwise is forged.",
)


def consent_options(command: Callable[..., None]) -> Callable[..., None]:
    """Who agrees with what is deployed: the command gets it as one Given."""

    @click.option(
        "--approval",
        "files",
        multiple=True,
        type=_FILE,
        help="A signed approval, as `tocsin approve` makes it; may be given several times.",
    )
    @click.option(
        "--approved-by",
        "claimed",
        multiple=True,
        metavar="NAME",
        help="Record that this person is said to approve.",
    )
    @click.option(
        "--policy-from",
        default="",
        metavar="REV",
        help="The commit whose [policy] counts [default: the protected branch].",
    )
    @click.option(
        "--trust",
        type=_FILE,
        envvar="TOCSIN_TRUST",
        show_envvar=True,
        help="Whose signatures count, if there is no policy.",
    )
    @click.option(
        "--begin-signing",
        is_flag=True,
        help="Once, where the releases so far have no signatures: from this one on they have.",
    )
    @wraps(command)
    def given(
        *opened: Any,
        files: tuple[Path, ...],
        claimed: tuple[str, ...],
        policy_from: str,
        trust: Path | None,
        begin_signing: bool,
        **options: Any,
    ) -> None:
        from tocsin.app.consent import Given  # noqa: PLC0415 - keeps `--help` quick

        told = Given(claimed, files, policy_from, trust, begin_signing=begin_signing)
        command(*opened, given=told, **options)

    return given


def flatten_option(command: F) -> F:
    """`--flatten`: whether nested Windows events get the field names that rules use."""
    return click.option(
        "--flatten",
        type=click.Choice([AUTO, NONE]),
        default=AUTO,
        show_default=True,
        help="add Sigma's flat field names to nested Windows events (evtx_dump, Winlogbeat)",
    )(command)


def environment_options(
    command: Callable[..., None], *, resolve: bool = True
) -> Callable[..., None]:
    """`--env`, `--project`, `--remote`: the command gets them as one OpenEnvironment.

    `resolve`: whether references in the settings are looked up, where it has no `--resolve`.
    """

    @env_option
    @project_option
    @remote_option
    @wraps(command)
    def opened(env: str, project: Path | None, remote: str, **options: Any) -> None:
        from tocsin.app.environment import open_environment  # noqa: PLC0415 - keeps `--help` quick

        look_up = options.pop("resolve", resolve)
        command(
            open_environment(env, project, remote=remote, resolve=look_up, progress=progress()),
            **options,
        )

    return opened


record_options = partial(environment_options, resolve=False)
"""The same for commands that only read the ledger."""
