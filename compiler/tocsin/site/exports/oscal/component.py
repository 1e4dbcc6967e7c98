"""The component definition: detections, and the controls that they support by whose word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tocsin.site.exports.oscal.parts import (
    Json,
    OscalIds,
    component,
    control_id,
    document,
    environment_component,
    ids_of,
    metadata,
    prop,
    resources,
)
from tocsin.site.exports.subjects import AUTHOR
from tocsin.site.history.model import ControlEvidence, ControlHistory, History, MappingRecord

CLAIM = (
    "Live detections that bear on this control. Who says so, and how strongly, is in the "
    "properties; none of them says that the control is met."
)


def component_definition(history: History) -> Json:
    """One component for the environment, which has the controls, and one for each detection."""
    ids = ids_of(history)
    whole = environment_component(ids, history)
    implemented = list(_implementations(ids, history))
    if implemented:
        whole["control-implementations"] = implemented
    there = [component(ids, each) for each in history.detections if each.state != "absent"]
    content = {
        "metadata": metadata(history, "detections and controls"),
        "components": [whole, *there],
    }
    named = catalogues(history)
    if named:
        content["back-matter"] = resources((catalogue_id(ids, c), " ".join(c)) for c in named)
    return document("component-definition", content)


def catalogues(history: History) -> list[tuple[str, str]]:
    """Names and versions of catalogues of which a control is supported."""
    return sorted({(c.catalogue, c.version) for c, _ in supported(history)})


def catalogue_id(ids: OscalIds, catalogue: tuple[str, str]) -> str:
    """The id of the resource that stands for a catalogue, which is not enclosed."""
    return ids.of("catalogue", *catalogue)


def supported(history: History) -> Iterator[tuple[ControlHistory, list[ControlEvidence]]]:
    """The controls that a live detection bears on, with the evidence."""
    live = {each.id for each in history.detections if each.state == "live"}
    for control in history.controls:
        if evidence := [each for each in control.evidence if each.detection in live]:
            yield control, evidence


def evidence_props(
    evidence: Iterable[ControlEvidence], mappings: Iterable[MappingRecord]
) -> list[Json]:
    """Whose word it is and how strong, then the detections, a group for each."""
    whose = {each.name: f"{each.whose}: {each.title} {each.version}".strip() for each in mappings}
    grouped: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for each in evidence:
        grouped[each.mapping, each.technique, each.kind, each.score].append(each.detection)
    found: list[Json] = []
    for number, (key, detections) in enumerate(sorted(grouped.items()), 1):
        group = f"evidence-{number}"
        found += _word(key, whose, group)
        found += [prop("supported-by", each, group=group) for each in detections]
    return found


def _word(key: tuple[str, str, str, str], whose: dict[str, str], group: str) -> Iterator[Json]:
    mapping, technique, kind, score = key
    if not mapping:
        yield prop("mapping", AUTHOR, kind="author", group=group)
        yield prop("evidence-strength", "claim of the detection's author", group=group)
        return
    yield prop("mapping", whose.get(mapping, mapping), kind="mapping", group=group)
    yield prop("technique", technique, kind=kind, group=group)
    yield prop("evidence-strength", score or "not scored", group=group)


def _implementations(ids: OscalIds, history: History) -> Iterator[Json]:
    known = list(supported(history))
    for catalogue in catalogues(history):
        mine = [pair for pair in known if (pair[0].catalogue, pair[0].version) == catalogue]
        yield {
            "uuid": ids.of("implementation", *catalogue),
            "source": f"#{catalogue_id(ids, catalogue)}",
            "description": CLAIM,
            "implemented-requirements": [_requirement(ids, *pair, history) for pair in mine],
        }


def _requirement(
    ids: OscalIds, control: ControlHistory, evidence: list[ControlEvidence], history: History
) -> Json:
    of = ids.of("requirement", control.catalogue, control.version, control.id)
    return {
        "uuid": of,
        "control-id": control_id(control.catalogue, control.id),
        "description": CLAIM,
        "props": [
            prop("control", control.id),
            *evidence_props(evidence, history.mappings),
        ],
    }
