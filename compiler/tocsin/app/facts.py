"""What a release records of its making: coverage, data, checks, the run of CI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tocsin.app.ci_run import ci_run
from tocsin.canonical import digest_bytes
from tocsin.diagnostics import Diagnostic
from tocsin.front.attack import DATA, attack_data, load_attack
from tocsin.release.entry import Entry
from tocsin.state.facts import ReleaseFacts


def facts_of(entries: Iterable[Entry], found: Iterable[Diagnostic]) -> ReleaseFacts:
    """Those of a release with these detections; `found`: the findings that there are."""
    live, attack = [entry for entry in entries if entry.mode == "live"], load_attack()
    named = {id_ for entry in live for id_ in attack.named(entry.tags)}
    return ReleaseFacts(
        run=ci_run(),
        detections=len(live),
        techniques=len(named),
        data={Path(DATA).name: digest_bytes(attack_data())},
        checks=dict(sorted(Counter(each.code for each in found).items())),
    )
