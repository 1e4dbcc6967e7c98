"""`tocsin review`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli import completion
from tocsin.cli.engine_option import engine_option
from tocsin.cli.forge_options import forge_options, run_option
from tocsin.cli.options import project_option
from tocsin.cli.output import echo_json, format_option, say, shown
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.cli.progress import progress
from tocsin.cli.review_approvals import (
    approvals,
    approve,
    break_glass,
    read_review,
    record,
)
from tocsin.front.place import find_project
from tocsin.review import document
from tocsin.review.comment import ReviewOrigin, comment

if TYPE_CHECKING:
    from tocsin.app.forge_place import ForgePlace


@click.group()
def review() -> None:
    """What a change does, in two halves: found without any rights, told as one comment.

    `make` looks at files that nobody has approved and needs neither secrets nor a network. Those
    who tell it (`comment`, `post`) take its file for something that anybody may have written.
    """


@review.command()
@click.option("--base", required=True, metavar="REV", help="Revision to compare with.")
@click.option(
    "--head",
    default="HEAD",
    show_default=True,
    metavar="REV",
    help="Commit under review, where what lies here is its merge with the base.",
)
@click.option(
    "--out",
    required=True,
    type=WrittenPath(folder=False),
    help="File to write, such as review.json.",
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="ENV",
    shell_complete=completion.environments,
    help="Plan for this environment only; repeatable.  [default: all]",
)
@engine_option(several=True)
@click.option(
    "--noise",
    "noises",
    multiple=True,
    type=GivenPath(folder=False),
    metavar="FILE",
    help="What `tocsin noise --format json` wrote of an environment; repeatable.",
)
@project_option
@format_option("text", "json")
def make(  # noqa: PLR0913 - one parameter an option
    *,
    base: str,
    head: str,
    out: Path,
    environments: tuple[str, ...],
    engine: tuple[str, ...],
    noises: tuple[Path, ...],
    project: Path | None,
    fmt: str,
) -> None:
    """Find out what a change does: files, cases of what it reaches, plans, coverage.

    Plans are made from the ledgers alone; no address in the settings is looked up. The file is
    written in any case; exit code 1 if something in it stands in the way.
    """
    from tocsin.app.noise import read_report  # noqa: PLC0415 - as below
    from tocsin.app.review import asked, make_review  # noqa: PLC0415 - keeps `comment` quick

    root = find_project(project or Path())
    request = asked(root, base, head, engine, environments)
    noise = {told.environment: told for told in map(read_report, noises)}
    made = make_review(replace(request, noise=noise), progress())
    document.write(made, out)
    if fmt == "json":
        echo_json(made.model_dump(mode="json"))
    else:
        say(f"{shown(out)}: {'ready' if made.ok else 'needs work'}")
    if not made.ok:
        raise click.exceptions.Exit(1)


@review.command("comment")
@click.argument("file", type=GivenPath(folder=False))
@format_option("markdown", "json")
def comment_(file: Path, fmt: str) -> None:
    """Print FILE, which `review make` wrote (- is stdin), as Markdown for a comment.

    At most 60,000 characters, in which nothing that the file holds is markup, link or mention.
    """
    told = comment(read_review(file), ReviewOrigin())
    if fmt == "json":
        echo_json({"comment": told})
    else:
        click.echo(told, nl=False)


@review.command()
@run_option
@forge_options
@click.option(
    "--author",
    default="github-actions[bot]",
    show_default=True,
    help="Who writes these comments; a comment of somebody else is never changed.",
)
@format_option("text", "json")
def post(place: ForgePlace, *, run: int, author: str, fmt: str) -> None:
    """Keep the comment on a pull request on GitHub up to date, also where its run failed.

    Only the number of the run is believed: its commit, the pull request and the files that it
    changes are asked for anew, and the artifact `tocsin-review` is read as anybody's.
    """
    from tocsin.app.review_post import PostRequest, post_review  # noqa: PLC0415 - a client is slow

    with place.open() as forge:
        posted = post_review(forge, PostRequest(run, author, place.page))
    if fmt == "json":
        echo_json([{"pull_request": each.pull_request, "new": each.new} for each in posted])
    for each in posted:
        say(f"pull request {each.pull_request}: {'commented' if each.new else 'comment updated'}")
    if not posted:
        say("no open pull request ends at the commit of this run: nothing to tell")


@review.command()
@click.option(
    "--project", required=True, envvar="CI_PROJECT_ID", show_envvar=True, help="Its number."
)
@click.option("--api", required=True, envvar="CI_API_V4_URL", show_envvar=True, help="The API.")
@click.option(
    "--page", required=True, envvar="CI_PROJECT_URL", show_envvar=True, help="The project."
)
@click.option(
    "--token",
    default="env:TOCSIN_API_TOKEN",
    show_default=True,
    metavar="REFERENCE",
    help="Where the token is; notes of others than its owner are never changed.",
)
@format_option("text", "json")
def notes(*, project: str, api: str, page: str, token: str, fmt: str) -> None:
    """Keep a note on each open merge request on GitLab up to date, also where its pipeline failed.

    For a pipeline of the default branch. Merge requests, their commits and files are asked for, and
    what the job `tocsin:review` left is read as anybody's.
    """
    from tocsin.app.review_notes import post_on_gitlab  # noqa: PLC0415 - a client is slow

    posted = post_on_gitlab(project, token, api, page.rstrip("/"))
    if fmt == "json":
        echo_json([{"merge_request": each.pull_request, "new": each.new} for each in posted])
    for each in posted:
        say(f"merge request {each.pull_request}: {'commented' if each.new else 'note updated'}")
    if not posted:
        say("no note has changed")


review.add_command(approve)
review.add_command(approvals)
review.add_command(break_glass)
review.add_command(record)
