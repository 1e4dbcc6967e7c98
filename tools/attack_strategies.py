"""ATT&CK's detection strategies, as the data file that Tocsin ships has them.

A strategy is how ATT&CK would find a technique; its analytics are how on some platforms, each with
the logs that it needs. Of a log source's channel only event codes are kept: the rest is prose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
_CODES = "EventCode="


def strategies(objects: Json, techniques: Mapping[str, str], current: Callable[[str], str]) -> Json:
    """`log_sources`: all names, `strategies`: by id `[technique, name, analytics]`.

    An analytic is `[id, platforms, places of its logs in log_sources]`. `techniques`: the id of the
    technique of each strategy by the strategy's STIX id, `current`: what that id is now, or "".
    """
    analytics = {each["stix_id"]: each for each in objects["analytics"]}
    told = {
        each["external_id"]: [now, each["name"], [analytics[ref] for ref in each["analytic_refs"]]]
        for each in sorted(objects["detection_strategies"], key=lambda each: each["external_id"])
        if not each["revoked"] and (now := current(techniques.get(each["stix_id"], "")))
    }
    used = (each for _, _, own in told.values() for analytic in own for each in names(analytic))
    places = {name: place for place, name in enumerate(sorted(set(used)))}
    return {
        "log_sources": list(places),
        "strategies": {
            id_: [technique, name, [_analytic(each, places) for each in own]]
            for id_, (technique, name, own) in told.items()
        },
    }


def names(analytic: Json) -> Iterator[str]:
    """Of the logs that an analytic needs, with event codes where it names them."""
    for log in analytic["log_source_references"]:
        channel = log["channel"] or ""
        codes = f" {channel}" if channel.startswith(_CODES) else ""
        yield " ".join(f"{log['name']}{codes}".split())


def _analytic(found: Json, places: Mapping[str, int]) -> list[Any]:
    return [
        found["external_id"],
        sorted(found["platforms"]),
        sorted({places[name] for name in names(found)}),
    ]
