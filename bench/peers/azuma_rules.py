"""azuma: Sigma rules as Python objects, asked one after the other."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from azuma import Rule, RuleSet

from bench.protocol import Loaded, Pair, Scanned, batches, rule_files, run


class Azuma:
    """RuleSet.match_all on each event."""

    name = "azuma"
    version = version("azuma")

    def load(self, rules: Path) -> Loaded:
        """All rules that its model takes."""
        taken: list[Rule] = []
        failed: dict[str, str] = {}
        for file in rule_files(rules):
            try:
                taken.append(Rule.model_validate_file(file))
            except Exception as error:  # noqa: BLE001 - whatever a peer throws counts as refused
                failed[file.name] = f"{type(error).__name__}: {error}"
        self.rules = RuleSet(root=taken)
        return Loaded(len(taken), failed)

    def scan(self, events: Path, limit: int | None, kept: list[Pair] | None) -> Scanned:
        """One pass over the lines. A rule that throws is left out from there on."""
        failed: dict[str, str] = {}
        count = matches = 0
        for lines in batches(events, limit):
            for line in lines:
                event = json.loads(line)
                found = self._match(event, failed)
                matches += len(found)
                if kept is not None:
                    kept += [(str(rule.id), count) for rule in found]
                count += 1
        return Scanned(count, matches, failed)

    def _match(self, event: dict[str, object], failed: dict[str, str]) -> list[Rule]:
        try:
            found: list[Rule] = self.rules.match_all(event)
        except Exception:  # noqa: BLE001 - find out which rule throws, and go on without it
            good = []
            for rule in self.rules:
                try:
                    rule.match(event)
                    good.append(rule)
                except Exception as error:  # noqa: BLE001 - counted as failed
                    failed[str(rule.id)] = f"{type(error).__name__}: {error}"
            self.rules = RuleSet.model_construct(root=good)
            found = self.rules.match_all(event)
        return found


if __name__ == "__main__":
    run(Azuma())
