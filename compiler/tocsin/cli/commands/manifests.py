"""`tocsin manifests`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tocsin.app.manifests import deployment_of, write_manifests
from tocsin.cli.options import env_option, project_option
from tocsin.cli.output import echo_json, format_option, say
from tocsin.cli.paths import WrittenPath
from tocsin.deploy.manifests import Choices, Manifest, ManifestValues, prerequisites
from tocsin.deploy.manifests import manifests as render
from tocsin.escape import printable
from tocsin.front.place import find_project


@click.command()
@env_option
@project_option
@click.option("--out", type=WrittenPath(file=False), help="Folder to write to.")
@click.option("--image", required=True, help="Image of the workers.")
@click.option("--flink-image", default="", help="Image of Flink, if Flink is used.")
@click.option("--name", default="", help="Prefix of all names [default: tocsin-PROJECT-ENV].")
@click.option(
    "--replicas", type=click.IntRange(1, 1000), default=2, show_default=True, help="Workers."
)
@click.option(
    "--secret", default="", help="Secret with the values that `env:` and `file:` refer to."
)
@click.option("--storage-size", default="20Gi", show_default=True, help="Size of Flink's storage.")
@click.option(
    "--kafka-port",
    "kafka_ports",
    type=click.IntRange(1, 65535),
    multiple=True,
    default=(9092,),
    show_default=True,
    help="Ports of the brokers that workers may connect to.",
)
@click.option(
    "--monitoring",
    default="monitoring",
    show_default=True,
    help="Namespace that scrapes the metrics.",
)
@click.option(
    "--project-at",
    default="/srv/detections",
    show_default=True,
    help="Path of the project in the image and on hosts.",
)
@click.option(
    "--program",
    default="/opt/tocsin/bin/tocsin",
    show_default=True,
    help="Path of the tocsin command on hosts.",
)
@click.option(
    "--trust-at",
    "trust",
    default="",
    help="Path of the trust file in the image and on hosts [default: that of [policy]].",
)
@format_option("text", "json")
def manifests(
    *, env: str, project: Path | None, out: Path | None, fmt: str, **options: Any
) -> None:
    """Write manifests that run an environment of kind kafka or flink.

    It writes workers for Kubernetes and systemd; if Flink is used, also a session cluster for the
    Flink Kubernetes Operator and a SQL gateway. Without --out, it prints the files for kubectl.
    """
    made = deployment_of(find_project(project or Path()), env, Choices(**options))
    files = render(made)
    paths = write_manifests(files, out) if out else {}
    if fmt == "json":
        echo_json(_as_json(made, files, paths))
        return
    if out:
        for path in paths.values():
            click.echo(printable(str(path)))
    else:
        click.echo("---\n".join(f.text for f in files if f.kubernetes), nl=False)
    for need in prerequisites(made):
        say(f"needs {need}")


def _as_json(
    made: ManifestValues, files: tuple[Manifest, ...], paths: dict[str, Path]
) -> dict[str, Any]:
    listed = [
        {"name": f.name, "path": str(paths[f.name]) if paths else None, "text": f.text}
        for f in files
    ]
    return {"name": made.name, "files": listed, "needs": list(prerequisites(made))}
