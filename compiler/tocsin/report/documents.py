"""The report for machines: our own JSON and a layer for the ATT&CK Navigator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tocsin.report.coverage import Coverage, CoverageRow, TechniqueCell

FORMAT = 1
_SCALE = ["#ffffff", "#7cc7bd", "#0b5f57"]


def figures(coverage: Coverage) -> dict[str, Any]:
    """The numbers of the page's head; `techniques` count without their sub-techniques."""
    counted = coverage.counted
    parts = [part for cell in coverage.cells for part in cell.parts]
    return {
        "detections": len(counted),
        "shadow": sum(1 for row in coverage.rows if row.mode == "shadow"),
        "not_deployed": sum(1 for row in coverage.rows if not row.mode and not row.counts),
        "techniques": len(coverage.covered),
        "techniques_all": len(coverage.cells),
        "subtechniques": sum(1 for part in parts if part.detections),
        "subtechniques_all": len(parts),
        "tactics": sum(1 for column in coverage.columns if column.covered),
        "tactics_all": len(coverage.columns),
        "sources": sum(1 for source in coverage.sources if source.detections),
        "sources_all": len(coverage.sources),
        "cases": sum(row.cases for row in counted),
        "without_technique": sum(1 for row in counted if not row.techniques),
    }


def as_json(coverage: Coverage) -> dict[str, Any]:
    """The whole report as plain values; `techniques` holds the covered ones only."""
    return {
        "format": FORMAT,
        "project": coverage.project,
        "environment": coverage.environment or None,
        "release": coverage.release or None,
        "made": coverage.made or None,
        "at": coverage.at or None,
        "attack": {"version": coverage.attack.version, "domain": coverage.attack.domain},
        "figures": figures(coverage),
        "tactics": [
            {**asdict(c.tactic), "techniques": len(c.cells), "covered": c.covered}
            for c in coverage.columns
        ],
        "techniques": [_technique(cell) for cell in _all_covered(coverage)],
        "detections": [_detection(row) for row in coverage.rows],
        "sources": [asdict(source) for source in coverage.sources],
        "unknown_techniques": unknown(coverage),
    }


def unknown(coverage: Coverage) -> list[dict[str, str]]:
    """Technique ids that this version of ATT&CK does not have, with what took their place."""
    found = []
    for row in coverage.rows:
        for id_ in row.other:
            old = coverage.attack.retired_technique(id_)
            successor = old.successor if old else ""
            found.append({"detection": row.id, "technique": id_, "successor": successor})
    return found


def navigator_layer(coverage: Coverage) -> dict[str, Any]:
    """A layer of format 4.5; a technique's score is the number of its detections."""
    cells = _all_covered(coverage)
    titles = {row.id: row.title for row in coverage.rows}
    most = max((len(cell.detections) for cell in cells), default=1)
    subject = coverage.environment or "project"
    return {
        "name": f"{coverage.project}: {subject}",
        "versions": {"attack": coverage.attack.version, "navigator": "5.2.0", "layer": "4.5"},
        "domain": coverage.attack.domain,
        "description": _description(coverage),
        "sorting": 3,
        "layout": {"layout": "side", "showName": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": [_layer_technique(cell, titles) for cell in cells],
        "gradient": {"colors": _SCALE, "minValue": 0, "maxValue": most},
        "legendItems": [
            {"label": "no detection", "color": _SCALE[0]},
            {"label": f"{most} detections" if most > 1 else "1 detection", "color": _SCALE[-1]},
        ],
        "metadata": [{"name": "generator", "value": "Tocsin"}],
    }


def _description(coverage: Coverage) -> str:
    text = f"Number of detections by technique of project {coverage.project}"
    if coverage.environment:
        text += f", live in {coverage.environment}, release {coverage.release}"
    return text


def _layer_technique(cell: TechniqueCell, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "techniqueID": cell.technique.id,
        "score": len(cell.detections),
        "comment": "\n".join(titles[id_] for id_ in cell.detections),
        "showSubtechniques": bool(cell.covered_parts),
    }


def _all_covered(coverage: Coverage) -> list[TechniqueCell]:
    """Covered techniques, each followed by its covered sub-techniques."""
    return [each for cell in coverage.covered for each in (cell, *cell.covered_parts)]


def _technique(cell: TechniqueCell) -> dict[str, Any]:
    technique = cell.technique
    return {
        "id": technique.id,
        "name": technique.name,
        "tactics": list(technique.tactics),
        "detections": list(cell.detections),
    }


def _detection(row: CoverageRow) -> dict[str, Any]:
    deployed = {
        "mode": row.mode,
        "release": row.since.release if row.since else None,
        "since": row.since.made if row.since else None,
    }
    return {
        "id": row.id,
        "key": row.key,
        "title": row.title,
        "level": row.level,
        "status": row.status,
        "owner": row.owner,
        "source": row.source,
        "logsource": row.logsource,
        "techniques": list(row.techniques),
        "controls": list(row.controls),
        "version": row.version or None,
        "cases": row.cases,
        "counts": row.counts,
        "deployed": deployed if row.mode else None,
    }
