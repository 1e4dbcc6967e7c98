"""`tocsin manifests`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin.cli.environment import say
from tocsin.cli.output import echo_json, format_option
from tocsin.deploy.manifests import (
    Choices,
    Deployment,
    Manifest,
    deployment,
    prerequisites,
)
from tocsin.deploy.manifests import manifests as render
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.front.project import find_project, read_settings


@click.command()
@click.option("--env", required=True, metavar="ENV", help="Environment in tocsin.toml.")
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the project; found from the current folder by default.",
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--image", required=True, help="Image of the workers.")
@click.option("--flink-image", default="", help="Image of Flink, where Flink is used.")
@click.option("--name", default="", help="Begins all names: tocsin-PROJECT-ENV by default.")
@click.option(
    "--replicas", type=click.IntRange(1, 1000), default=2, show_default=True, help="Workers."
)
@click.option("--secret", default="", help="Secret that holds what `env:`, `file:` refer to.")
@click.option("--storage-size", default="20Gi", show_default=True, help="Size of Flink's storage.")
@click.option(
    "--kafka-port",
    "kafka_ports",
    type=click.IntRange(1, 65535),
    multiple=True,
    default=(9092,),
    show_default=True,
    help="Ports of brokers that workers may talk to.",
)
@click.option(
    "--monitoring", default="monitoring", show_default=True, help="Namespace that reads figures."
)
@click.option(
    "--project-at",
    default="/srv/detections",
    show_default=True,
    help="Where the project lies in the image and on hosts.",
)
@click.option(
    "--program",
    default="/opt/tocsin/bin/tocsin",
    show_default=True,
    help="The tocsin command on hosts.",
)
@format_option("text", "json")
def manifests(
    *, env: str, project: Path | None, out: Path | None, fmt: str, **options: Any
) -> None:
    """Write manifests that run an environment of kind kafka or flink.

    Workers for Kubernetes and systemd; where Flink is used, a session cluster for the Flink
    Kubernetes Operator and its SQL gateway. Without --out, what kubectl takes is printed.
    """
    settings = read_settings(find_project(project or Path()))
    if env not in settings.environments:
        known = ", ".join(settings.environments) or "none"
        raise ConfigError(f"no environment {env!r}", hint=f"environments: {known}")
    made = deployment(settings.project.name, env, settings.environments[env], Choices(**options))
    _show(made, render(made), out, fmt)


def _show(made: Deployment, files: tuple[Manifest, ...], out: Path | None, fmt: str) -> None:
    paths = {each.name: out / each.name for each in files} if out else {}
    if out:
        out.mkdir(parents=True, exist_ok=True)
    for each in files if out else ():
        paths[each.name].write_text(each.text, "utf-8")
    if fmt == "json":
        listed = [
            {"name": f.name, "path": str(paths[f.name]) if out else None, "text": f.text}
            for f in files
        ]
        echo_json({"name": made.name, "files": listed, "needs": list(prerequisites(made))})
        return
    if out:
        for path in paths.values():
            click.echo(printable(str(path)))
    else:
        click.echo("---\n".join(f.text for f in files if f.kubernetes), nl=False)
    for need in prerequisites(made):
        say(f"needs {need}")
