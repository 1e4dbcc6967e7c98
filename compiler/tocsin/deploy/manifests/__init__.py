"""Manifests of an environment: workers and Flink for Kubernetes, workers for systemd."""

from tocsin.deploy.manifests.render import Manifest, manifests, prerequisites
from tocsin.deploy.manifests.site import Choices, Deployment, deployment

__all__ = ["Choices", "Deployment", "Manifest", "deployment", "manifests", "prerequisites"]
