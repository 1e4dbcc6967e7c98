"""Where the pull requests of a repository are; nobody asks there until it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tocsin.forge.github import GitHub, github
from tocsin_runtime.worker.references import resolve


@dataclass(frozen=True, slots=True)
class ForgePlace:
    """Opens the forge; `page` is the repository's address for people."""

    open: Callable[[], AbstractContextManager[GitHub]]
    page: str


def on_github(repository: str, token: str, api: str, page: str) -> ForgePlace:
    """A repository on GitHub. `token`: where it is."""

    @contextmanager
    def opened() -> Iterator[GitHub]:
        with github(repository, resolve(token, "`--token`"), api) as forge:
            yield forge

    return ForgePlace(opened, page)
