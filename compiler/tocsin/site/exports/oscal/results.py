"""The assessment results: what the ledger lets one observe of a period. They hold no findings.

Whether a control is met is an assessor's word, which OSCAL's findings would need.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin import __version__
from tocsin.plural import plural
from tocsin.site.exports.oscal.component import evidence_props, supported
from tocsin.site.exports.oscal.parts import (
    Json,
    OscalIds,
    component,
    control_id,
    document,
    environment_component,
    ids_of,
    line,
    metadata,
    prop,
    resources,
)
from tocsin.site.exports.records import in_period
from tocsin.site.history.model import (
    ControlEvidence,
    ControlHistory,
    DetectionHistory,
    DriftHistory,
    History,
    ReleaseHistory,
    State,
)
from tocsin.state.ledger_event import Attempt

_OPERATIONAL = {"state": "operational"}


def assessment_results(history: History) -> Json:
    """One result for the period."""
    ids = ids_of(history)
    plan = ids.of("no-plan")
    content = {
        "metadata": metadata(history, "record of deployments"),
        "import-ap": {"href": f"#{plan}"},
        "results": [_result(ids, history)],
        "back-matter": resources(
            [(plan, "There is no assessment plan: this is a ledger's record")]
        ),
    }
    return document("assessment-results", content)


def _result(ids: OscalIds, history: History) -> Json:
    period = history.period
    return {
        "uuid": ids.of("result", period.begin, period.end, history.evidence.head),
        "title": line(f"{history.environment}, {period.begin} to {period.end}"),
        "description": "What the ledger records. No finding says whether a control is met.",
        "start": period.begin,
        "end": period.end,
        "local-definitions": _definitions(ids, history),
        "reviewed-controls": _reviewed(history),
        "observations": list(_observations(ids, history)),
    }


def _definitions(ids: OscalIds, history: History) -> Json:
    there = [{**component(ids, each), "status": _status(each.state)} for each in history.detections]
    tool = {
        "uuid": ids.of("tool"),
        "type": "software",
        "title": f"Tocsin {__version__}",
        "description": "Deploys detections, and keeps the ledger.",
        "status": _OPERATIONAL,
    }
    platform = {"uuid": ids.of("platform"), "title": "Tocsin"}
    return {
        "components": [
            {**environment_component(ids, history), "status": _OPERATIONAL},
            *there,
        ],
        "assessment-assets": {"components": [tool], "assessment-platforms": [platform]},
    }


def _status(state: State) -> Json:
    return _OPERATIONAL if state == "live" else {"state": "other", "remarks": state}


def _reviewed(history: History) -> Json:
    known = [control_id(control.catalogue, control.id) for control, _ in supported(history)]
    if not known:  # a selection must say something
        nothing = "No live detection bears on any control."
        return {"control-selections": [{"description": nothing, "include-all": {}}]}
    chosen = [{"control-id": each} for each in dict.fromkeys(known)]
    described = "Controls that a live detection bears on."
    return {"control-selections": [{"description": described, "include-controls": chosen}]}


def _observations(ids: OscalIds, history: History) -> Iterator[Json]:
    yield _of_ledger(ids, history)
    for release in in_period(history):
        yield _of_release(ids, release)
    for detection in history.detections:
        yield _of_tests(ids, detection, history.period.end)
    for drift in history.drifts:
        if history.period.holds(drift.found):
            yield _of_drift(ids, drift)
    for event in history.events:
        if isinstance(event, Attempt) and history.period.holds(event.at):
            yield _of_attempt(ids, event)
    for control, evidence in supported(history):
        yield _of_control(ids, control, evidence, history)


def _observation(
    ids: OscalIds, key: tuple[str, ...], said: str, at: str, props: Iterable[Json]
) -> Json:
    """An examination of the ledger, seen by the tool, of the environment."""
    return {
        "uuid": ids.of("observation", *key),
        "title": line(key[0]),
        "description": line(said),
        "props": list(props),
        "methods": ["EXAMINE"],
        "origins": [{"actors": [{"type": "tool", "actor-uuid": ids.of("tool")}]}],
        "subjects": [{"subject-uuid": ids.of("environment"), "type": "component"}],
        "collected": at,
    }


def _of_ledger(ids: OscalIds, history: History) -> Json:
    found = history.evidence
    wrong = found.findings
    checked = "was not checked" if wrong is None else f"has {plural(len(wrong), 'finding')}"
    said = f"The ledger {checked}; {found.standing.verdict}: {found.standing.words}"
    props = [prop("ledger-head", found.head), prop("signature", found.standing.verdict)]
    props += [prop("verify-finding", each) for each in wrong or ()]
    return _observation(ids, ("record", found.head), said, history.period.end, props)


def _of_release(ids: OscalIds, found: ReleaseHistory) -> Json:
    weakening = sum(1 for each in found.changes if each.weakens)
    changed = plural(len(found.changes), "change")
    said = f"Release {found.number}: {changed}, {weakening} of them weakening; {found.reason}"
    props = [
        prop("commit", found.commit),
        prop("digest", found.digest),
        prop("wrote", _names(found.wrote)),
        prop("reviewed", _names(found.reviewed)),
        prop("applied", found.applied),
        prop("signature", found.signature.verdict),
    ]
    props += [prop("objection", each) for each in found.objections or ()]
    link = {"href": f"../releases/{found.number}.html", "description": "The release's page"}
    told = _observation(ids, ("release", str(found.number)), said, found.made, props)
    return {**told, "relevant-evidence": [link]}


def _names(names: tuple[str, ...] | None) -> str:
    return "" if names is None else ", ".join(names) or "nobody"


def _of_tests(ids: OscalIds, found: DetectionHistory, end: str) -> Json:
    runs = found.runs
    at = runs[-1].at if runs else end
    told = _observation(ids, ("tests", found.id), _tested(found), at, ())
    told["props"] = [
        prop("cases", "" if runs is None else str(len({each.proof.case for each in runs}))),
        prop("engines", ", ".join(sorted({each.proof.engine for each in runs or ()}))),
    ]
    told["methods"] = ["TEST"]
    told["subjects"] = [{"subject-uuid": ids.of("detection", found.id), "type": "component"}]
    return told


def _tested(found: DetectionHistory) -> str:
    if found.runs is None:
        return "There is no record of how its cases ended."
    if not found.runs:
        return "It has no cases."
    passed = sum(1 for each in found.runs if each.proof.verdict == "passed")
    return f"{passed} of {plural(len(found.runs), 'run')} of its cases passed."


def _of_drift(ids: OscalIds, found: DriftHistory) -> Json:
    mended = f"mended by release {found.by}" if found.by else "not mended"
    said = f"{plural(found.number, 'difference')} from release {found.release}, {mended}"
    props = [prop("difference", each) for each in found.what] or [prop("difference", "")]
    return _observation(ids, ("drift", found.found), said, found.found, props)


def _of_attempt(ids: OscalIds, found: Attempt) -> Json:
    said = f"{found.command} {found.outcome}: {found.message}"
    props = [prop("outcome", found.outcome), prop("plan", found.plan), prop("who", found.who)]
    return _observation(ids, ("attempt", str(found.n)), said, found.at, props)


def _of_control(
    ids: OscalIds, control: ControlHistory, evidence: list[ControlEvidence], history: History
) -> Json:
    live = len({each.detection for each in evidence})
    key = ("control", control.catalogue, control.version, control.id)
    said = f"{plural(live, 'live detection')} bear on {control.id} of {control.catalogue}"
    words = evidence_props(evidence, history.mappings)
    kept = [each for each in words if each["name"] != "supported-by"]
    link = {"href": "controls.csv", "description": "Which detections, by whose word"}
    told = _observation(ids, key, said, history.period.end, [prop("control", control.id), *kept])
    return {**told, "relevant-evidence": [link]}
