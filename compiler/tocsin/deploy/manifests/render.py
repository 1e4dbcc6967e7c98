"""From a deployment to files. Equal deployments give equal bytes: no clock, no host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tocsin.deploy.manifests import quote
from tocsin.deploy.manifests.site import ManifestValues

PORT = 9400
"""Where a worker serves its health and figures."""

FLINK_VERSION = "v2_2"
"""As the Flink Kubernetes Operator (1.14 and newer) names Flink 2.2."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file; `kubernetes`: whether it is for kubectl."""

    name: str
    text: str

    @property
    def kubernetes(self) -> bool:
        """Whether it is for kubectl."""
        return self.name.endswith(".yaml")


def manifests(made: ManifestValues) -> tuple[Manifest, ...]:
    """All files of a deployment."""
    chosen = ["worker.yaml", *(["flink.yaml"] if made.storage else []), "worker.service"]
    return tuple(Manifest(_file(name), _render(name, made)) for name in chosen)


def prerequisites(made: ManifestValues) -> Iterator[str]:
    """What must exist before the manifests are applied, a phrase each."""
    chosen = made.choices
    yield f"image {chosen.image} with tocsin, git and a checkout at {chosen.project_at}"
    if made.secrets:
        keys = ", ".join(secret.name for secret in made.secrets)
        yield f"Secret {made.secret} with {keys}"
    if made.trust:
        yield f"the trust file at {made.trust}, in the image and on hosts"
    elif made.signed:
        yield "--trust-at PATH: releases are signed, but these workers run any record"
    if made.storage:
        yield f"image {chosen.flink_image} with Flink 2.2 and its Kafka connector"
        yield "Flink Kubernetes Operator 1.14 or newer, ServiceAccount flink in the namespace"
        yield f"a storage class that serves ReadWriteMany, for {made.name}-storage"


def _file(template: str) -> str:
    # systemd reads the name of the instance behind the at sign.
    return "tocsin-worker@.service" if template.endswith(".service") else template


def _render(name: str, made: ManifestValues) -> str:
    dialect = quote.unit if name.endswith(".service") else quote.yaml
    template = _templates(dialect).get_template(name + ".j2")
    return template.render(it=made, port=PORT, flink_version=FLINK_VERSION)


@cache
def _templates(dialect: Callable[[object], object]) -> Environment:
    """`finalize` sees every value that is printed, so that none is forgotten."""
    return Environment(
        loader=PackageLoader("tocsin.deploy.manifests", "templates"),
        autoescape=False,  # noqa: S701 - no HTML; what stands for it is `finalize`
        finalize=dialect,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
