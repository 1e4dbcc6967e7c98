"""Names that Kubernetes takes, at the edges of what it takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tocsin.deploy.manifests import names
from tocsin.errors import ConfigError


def resource(text: str, option: str) -> str:
    return names.resource(text, 10, option)


@pytest.mark.parametrize(
    ("take", "good", "bad"),
    [
        (resource, ("a", "a-1", "a" * 10), ("", "1a", "A", "a-", "a.b", "a" * 11, "a\n", "ä")),
        (names.subdomain, ("a.b", "1", "a" * 253), ("", ".a", "a.", "A", "a_b", "a" * 254)),
        (names.quantity, ("20Gi", "1k"), ("", "0Gi", "20", "20GB", "-1Gi", "1.5Gi")),
        (names.path, ("/a/b", "/a.b/c@d"), ("", "a", "/", "/a/", "/a/../b", "/a/.", "/a b", "/$")),
        (names.label, ("a", "A_b.c", "a" * 63), ("", "-a", "a-", "a b", "a" * 64)),
        (names.image, ("r/n:t", "r:5000/n@sha256:0a"), ("", "/n", "n t", "-n", "n$")),
        (names.secret_key, ("a", "tls.key", "_A"), ("", ".", "..", "a/b", "a" * 254)),
        (names.variable, ("A", "_a1"), ("", "1A", "A-B", "A.B", "A" * 254)),
    ],
)
def test_what_is_taken_and_what_is_refused(
    take: Callable[[str, str], str], good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    assert [take(text, "it") for text in good] == list(good)
    for text in bad:
        with pytest.raises(ConfigError):
            take(text, "it")
