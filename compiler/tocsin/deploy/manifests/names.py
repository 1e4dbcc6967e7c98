"""Valid Kubernetes names, or the reason why a name is not valid."""

from __future__ import annotations

import re

from tocsin.errors import ConfigError

_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", re.ASCII)
_QUANTITY = re.compile(r"[1-9][0-9]*([KMGTP]i|[kMGTP])", re.ASCII)
_PATH = re.compile(r"(/[-._+@A-Za-z0-9]+)+", re.ASCII)
_KEY = re.compile(r"[-._A-Za-z0-9]+", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_IMAGE = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9._/:@]*", re.ASCII)
_LABEL_LENGTH = 63
_LONG = 253


def resource(name: str, length: int, option: str) -> str:
    """The name of a resource of at most `length` characters."""
    if not _NAME.fullmatch(name) or len(name) > length:
        raise ConfigError(
            f"not a valid Kubernetes name: {name!r}",
            hint="lower-case letters, digits and '-', beginning with a letter, at most "
            f"{length} characters; give another with {option}",
        )
    return name


def subdomain(name: str, option: str) -> str:
    """The name of a Secret."""
    if not _SUBDOMAIN.fullmatch(name) or len(name) > _LONG:
        raise ConfigError(
            f"not the name of a Secret: {name!r}",
            hint=f"lower-case letters, digits, '-' and '.'; give another with {option}",
        )
    return name


def quantity(text: str, option: str) -> str:
    """An amount of storage."""
    if not _QUANTITY.fullmatch(text):
        raise ConfigError(f"not an amount of storage: {text!r}", hint=f"such as {option} 20Gi")
    return text


def path(text: str, what: str) -> str:
    """An absolute path that needs no quoting anywhere."""
    if not _PATH.fullmatch(text) or {".", ".."} & set(text.split("/")):
        raise ConfigError(
            f"{what} must be an absolute path of letters, digits and '-', '_', '.': {text!r}"
        )
    return text


def label(value: str, what: str) -> str:
    """The value of a label."""
    if not _LABEL.fullmatch(value) or len(value) > _LABEL_LENGTH:
        raise ConfigError(
            f"{what} cannot be a label in Kubernetes: {value!r}",
            hint=f"letters, digits, '-', '_' and '.', at most {_LABEL_LENGTH} characters",
        )
    return value


def image(name: str, option: str) -> str:
    """The name of a container image."""
    if not _IMAGE.fullmatch(name):
        raise ConfigError(
            f"not the name of an image: {name!r}",
            hint=f"say {option} REGISTRY/NAME:TAG, or better REGISTRY/NAME@sha256:DIGEST",
        )
    return name


def secret_key(name: str, setting: str) -> str:
    """A key in a Secret."""
    if not _KEY.fullmatch(name) or len(name) > _LONG or name in (".", ".."):
        raise ConfigError(
            f"{setting} cannot be kept in a Secret of Kubernetes under the name {name!r}",
            hint="letters, digits, '-', '_' and '.'",
        )
    return name


def variable(name: str, setting: str) -> str:
    """The name of an environment variable, which is a key in a Secret as well."""
    if not _VARIABLE.fullmatch(name):
        raise ConfigError(
            f"{setting} does not name an environment variable: {name!r}",
            hint="letters, digits and '_'",
        )
    return secret_key(name, setting)
