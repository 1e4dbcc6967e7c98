"""`tocsin new`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tocsin.app.new import start_detection
from tocsin.cli import completion
from tocsin.cli.options import project_option
from tocsin.cli.output import echo_json, format_option, say, shown
from tocsin.escape import printable
from tocsin.front.place import find_project
from tocsin.model.detection import LEVELS
from tocsin.model.source import Source


@click.command()
@click.argument("slug")
@click.option(
    "--source",
    "source_name",
    required=True,
    metavar="NAME",
    shell_complete=completion.sources,
    help="A source in sources/.",
)
@click.option("--title", default="", help="Title [default: made from the slug].")
@click.option("--level", type=click.Choice(LEVELS), default="medium", show_default=True)
@project_option
@format_option("text", "json")
def new(  # noqa: PLR0913 - one parameter an option
    slug: str, *, source_name: str, title: str, level: str, project: Path | None, fmt: str
) -> None:
    """Create a detection with cases: rules/<product>/SLUG.yml and SLUG.test.yml.

    Both files are valid and the cases pass from the start; the warnings of `tocsin validate` list
    what is still to be written. Existing files are not overwritten.
    """
    root = find_project(project or Path())
    made = start_detection(root, slug, source_name, title=title, level=level)
    _report([shown(made.rule), shown(made.cases)], made.source, fmt)


def _report(written: list[str], source: Source, fmt: str) -> None:
    if fmt == "json":
        echo_json({"rule": written[0], "cases": written[1], "source": source.name})
        return
    for file in written:
        click.echo(printable(str(file)))
    others = [str(served.logsource) for served in source.serves[1:]]
    if others:
        say(f"{source.name} also serves: {'; '.join(others)}")
    quoted = written[0] if re.fullmatch(r"[\w./-]+", written[0]) else f"'{written[0]}'"
    say(f"Next: write it, then `tocsin validate` and `tocsin test {quoted}`")
