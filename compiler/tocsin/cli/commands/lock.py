"""`tocsin lock`."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.environment import show, sound_project
from tocsin.cli.output import echo_json, format_option
from tocsin.front.project import find_project
from tocsin.plan.desired import identities, stale_lock
from tocsin.state.lock import FILE, Lock, read_lock


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the file is stale.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@format_option("text", "json")
def lock(*, check: bool, project: Path | None, fmt: str) -> None:
    """Derive the version of every detection into tocsin.lock.

    A new detection is v1; a detection whose logic changed gets the next number.
    """
    root = find_project(project or Path())
    old = read_lock(root)
    detections = identities(sound_project(root))
    new = old.updated(detections)
    stale = bool(stale_lock(old, detections))
    if not check:
        (root / FILE).write_text(new.render(), encoding="utf-8")
    if fmt == "json":
        echo_json({"stale": stale, "changes": changes(old, new)})
    else:
        state = f"{len(new.lines)} detections, up to date"
        if stale:
            state = "stale: run `tocsin lock`" if check else f"{len(new.lines)} detections written"
        show("\n".join([*changes(old, new), f"{FILE}: {state}"]))
    if check and stale:
        raise click.exceptions.Exit(1)


def changes(old: Lock, new: Lock) -> list[str]:
    """`+ key v1`, `~ key v1 → v2`, `- key v3`, in order of key."""
    told: dict[str, str] = {}
    for name in old.lines.keys() | new.lines.keys():
        was, now = old.lines.get(name), new.lines.get(name)
        if now and not was:
            told[now.key] = f"+ {now.key} v{now.version}"
        elif was and not now:
            told[was.key] = f"- {was.key} v{was.version}"
        elif was and now and was != now:
            told[now.key] = f"~ {now.key} v{was.version} → v{now.version}"
    return [told[key] for key in sorted(told)]
