"""Options of commands that speak to the server with the pull requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

run_option = click.option(
    "--run", required=True, type=click.IntRange(min=1), help="Number of the run that it is about."
)


def forge_options(command: Callable[..., None]) -> Callable[..., None]:
    """Where the repository is: the command gets it as one ForgePlace."""

    @click.option(
        "--repository",
        required=True,
        envvar="GITHUB_REPOSITORY",
        show_envvar=True,
        metavar="OWNER/NAME",
        help="Repository with the pull request.",
    )
    @click.option(
        "--token",
        default="env:GH_TOKEN",
        show_default=True,
        metavar="REFERENCE",
        help="Where the token is.",
    )
    @click.option(
        "--api",
        default="https://api.github.com",
        envvar="GITHUB_API_URL",
        show_default=True,
        show_envvar=True,
        help="Address of the API.",
    )
    @click.option(
        "--server",
        default="https://github.com",
        envvar="GITHUB_SERVER_URL",
        show_default=True,
        show_envvar=True,
        help="Address for people, to which links lead.",
    )
    @wraps(command)
    def given(
        *opened: Any, repository: str, token: str, api: str, server: str, **options: Any
    ) -> None:
        from tocsin.app.forge_place import on_github  # noqa: PLC0415 - keeps `--help` quick

        place = on_github(repository, token, api, f"{server.rstrip('/')}/{repository}")
        command(*opened, place, **options)

    return given
