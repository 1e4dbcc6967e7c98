"""Builds the Java matcher for Flink into sdist and wheel, where a JDK and Maven are there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class MatcherJar(BuildHookInterface[Any]):
    """Adds the jar that belongs to the sources, never one of other sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the jar; a checkout that is installed as it is gets it from `make setup`."""
        if version == "editable":
            return
        sys.path[:0] = [str(Path(self.root, folder)) for folder in ("compiler", "backends")]
        from tocsin.errors import TocsinError  # noqa: PLC0415 - known only now
        from tocsin_flink_sql.matcher.maven import WITHOUT, matcher_jar  # noqa: PLC0415

        try:
            jar = matcher_jar()
        except TocsinError as error:
            self.app.display_warning(f"{error.message}; {error.hint}")
            self.app.display_warning(f"the {self.target_name} is built all the same; {WITHOUT}")
        else:
            build_data["artifacts"].append(jar.relative_to(self.root).as_posix())
