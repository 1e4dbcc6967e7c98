"""The whole table, in groups."""

from __future__ import annotations

from bad_inputs import correlations, deployments, files, machine, projects
from bad_inputs.run import Bad

GROUPS: dict[str, tuple[Bad, ...]] = {
    "Files": files.READING,
    "Rules": files.METADATA,
    "Logic": files.LOGIC,
    "Correlations": correlations.WRONG,
    "A rule in its project": projects.FITTING,
    "Settings": projects.SETTINGS,
    "The command line": projects.WORDS,
    "Events": projects.EVENTS,
    "Plans": deployments.PLANS,
    "What is deployed": deployments.LEDGER,
    "Engines": machine.ENGINES,
    "The machine": machine.MACHINE,
}
TABLE = tuple(bad for group in GROUPS.values() for bad in group)
