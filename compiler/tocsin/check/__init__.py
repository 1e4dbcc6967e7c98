"""Checks over a whole project: one file and one page each, found by their place in this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from tocsin.diagnostics import Diagnostic
from tocsin.front.project import Project

ProjectCheck = Callable[[Project], Iterable[Diagnostic]]


@cache
def checks() -> dict[str, ProjectCheck]:
    """All checks by code, from the modules of this package named `toc###_<what>`."""
    found: dict[str, ProjectCheck] = {}
    for info in iter_modules(__path__):
        if not info.name.startswith("toc"):
            continue
        module = import_module(f"{__name__}.{info.name}")
        found[module.CODE] = module.check
    return dict(sorted(found.items()))


def run_checks(project: Project) -> list[Diagnostic]:
    """What all checks find."""
    return [each for check in checks().values() for each in check(project)]
