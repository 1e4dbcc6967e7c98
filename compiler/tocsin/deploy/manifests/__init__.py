"""Manifests of an environment: workers and Flink for Kubernetes, workers for systemd."""

from tocsin.deploy.manifests.render import Manifest, manifests, prerequisites
from tocsin.deploy.manifests.site import Choices, ManifestValues, deployment

__all__ = ["Choices", "Manifest", "ManifestValues", "deployment", "manifests", "prerequisites"]
