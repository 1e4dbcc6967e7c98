"""Paths on the command line: an empty one is not the current folder, and `-` is not written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class GivenPath(click.Path):
    """A path to read, where `-` may be standard input."""

    def __init__(self, *, exists: bool = False, file: bool = True, folder: bool = True) -> None:
        super().__init__(exists=exists, file_okay=file, dir_okay=folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; an unset variable of a shell leaves an empty one."""
        if not str(value):
            self.fail("the path is empty.", param, ctx)
        return super().convert(value, param, ctx)


class WrittenPath(GivenPath):
    """A path that is written."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises click's error for `-`, which would be a file of that name."""
        if str(value) == "-":
            what = "folder" if self.dir_okay and not self.file_okay else "file"
            self.fail(f"it is written, and - is not a {what}: give its name.", param, ctx)
        return super().convert(value, param, ctx)
