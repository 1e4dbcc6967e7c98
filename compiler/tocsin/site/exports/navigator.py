"""A layer for the ATT&CK Navigator, of the ATT&CK that the period's last release was read with."""

from __future__ import annotations

from typing import Any

from tocsin.escape import printable
from tocsin.site.exports.subjects import seconds_live
from tocsin.site.history.model import History, TechniqueHistory

LAYER, NAVIGATOR = "4.5", "5.2.0"
_SCALE = ("#ffffff", "#7cc7bd", "#0b5f57")
_DAY = 86_400


def layer(history: History) -> dict[str, Any]:
    """A technique's score is the number of its live detections, its sub-techniques' included.

    Techniques without a live detection are in it only if they had one in the period.
    """
    shown = [each for each in history.techniques if each.live or _days(each, history)]
    parents = frozenset(each.parent for each in shown if each.live)
    most = max((len(each.live) for each in shown), default=1)
    attack = history.attack.attack
    versions = {"attack": attack.version} if attack else {}
    return {
        "name": f"{history.project}: {history.environment}",
        "versions": {**versions, "navigator": NAVIGATOR, "layer": LAYER},
        "domain": attack.domain if attack else "enterprise-attack",
        "description": _description(history),
        "sorting": 3,
        "layout": {"layout": "side", "showName": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": [_technique(each, history, parents) for each in shown],
        "gradient": {"colors": list(_SCALE), "minValue": 0, "maxValue": max(most, 1)},
        "legendItems": [
            {"label": "no live detection", "color": _SCALE[0]},
            {"label": f"{most} live detections" if most > 1 else "1 live", "color": _SCALE[-1]},
        ],
        "metadata": [
            {"name": "generator", "value": "Tocsin"},
            {"name": "ledger head", "value": history.evidence.head},
            {"name": "period", "value": f"{history.period.begin} to {history.period.end}"},
        ],
    }


def _description(history: History) -> str:
    known = f"ATT&CK as of release {history.attack.release}"
    unknown = "no record of the ATT&CK version"
    return (
        f"Live detections by technique of {history.project} in {history.environment} at "
        f"{history.period.end}; {known if history.attack.attack else unknown}"
    )


def _technique(
    found: TechniqueHistory, history: History, parents: frozenset[str]
) -> dict[str, Any]:
    titles = (printable(history.by_id[id_].entry.title) for id_ in found.live)
    return {
        "techniqueID": found.id,
        "score": len(found.live),
        "comment": "\n".join(titles),
        "metadata": [{"name": "days live in the period", "value": str(_days(found, history))}],
        "showSubtechniques": found.id in parents,
    }


def _days(found: TechniqueHistory, history: History) -> int:
    return seconds_live(found.spans, history.period) // _DAY
