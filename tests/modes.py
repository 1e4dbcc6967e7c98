"""A project whose detections go through the modes of deployment: all types, each in two forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from click.testing import CliRunner

from deploying import Prod
from tocsin.cli.main import main_group

RULE = """
title: Rule {name}
id: {id}
name: {name}
status: test
level: high
logsource: {{product: shop, service: audit}}
detection: {{sel: {condition}, condition: sel}}
tocsin: {{deploy: {{prod: {mode}}}}}
"""
CORRELATION = """
title: Correlation {name}
id: {id}
name: {name}
status: test
level: high
correlation:
  type: {kind}
  rules: [{rules}]
  group-by: [user]
  timespan: {span}
  {condition}
tocsin: {{deploy: {{prod: {mode}}}}}
"""
CONDITIONS = {
    "event_count": ("condition: {gte: 3}", "condition: {gte: 3, lte: 99}"),
    "value_count": (
        "condition: {field: note, gte: 3}",
        "condition: {field: note, gte: 3, lte: 99}",
    ),
    "value_sum": ("condition: {field: note, gte: 6}", "condition: {field: note, gte: 6, lte: 99}"),
    "value_avg": ("condition: {field: note, gte: 2}", "condition: {field: note, gte: 2, lte: 99}"),
    "value_percentile": (
        "condition: {field: note, gte: 2, percentile: 50}",
        "condition: {field: note, gte: 2, lte: 99, percentile: 50}",
    ),
    "value_median": (
        "condition: {field: note, gte: 2}",
        "condition: {field: note, gte: 2, lte: 99}",
    ),
    "temporal": ("condition: {gte: 2}",) * 2,
    "temporal_ordered": ("", ""),
}
"""Of each type a condition that the notes 1, 2 and 3 meet, and a newer form of it."""
ALERTING = "one"
"""The detection on single events."""


def identity(name: str) -> str:
    """The id of a rule."""
    return str(uuid5(NAMESPACE_URL, name))


@dataclass(frozen=True)
class Authored(Prod):
    """A project whose environment is `prod`."""

    def rule(self, name: str, condition: str, mode: str = "live") -> None:
        """Write a rule; its selection is YAML."""
        text = RULE.format(name=name, id=identity(name), condition=condition, mode=mode)
        self.write(name, text)

    def correlation(self, name: str, **told: str) -> None:
        """Write a correlation: its `kind`, `rules`, `span`, `condition` (YAML) and `mode`."""
        self.write(name, CORRELATION.format(name=name, id=identity(name), **told))

    def modes(
        self, types: Iterable[str], mode: str, *, newer: bool = False, but: Iterable[str] = ()
    ) -> None:
        """Write a detection on events and a correlation a type, in their newer form or the other.

        The correlations are of the rules `hit` and `end`.
        """
        if ALERTING not in but:
            actions = "[end, never]" if newer else "end"
            self.rule(ALERTING, f"{{action: {actions}}}", mode)
        for name in types:
            if name not in but:
                span = "30m" if newer and name.startswith("temporal") else "1h"
                told = CONDITIONS[name][newer]
                self.correlation(
                    name, kind=name, rules="hit, end", span=span, condition=told, mode=mode
                )

    def promote(self, name: str) -> None:
        """Make the form in shadow live."""
        given = ["promote", name, "--to", "prod", "--project", str(self.root), "--force", "--yes"]
        result = CliRunner().invoke(main_group, given)
        assert result.exit_code == 0, f"{result.output}{result.exception!r}"

    def write(self, name: str, text: str) -> None:
        """A file of a rule."""
        (self.root / "rules" / f"{name}.yml").write_text(text)
