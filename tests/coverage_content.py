"""A small project on disk and releases of it, for the tests of the coverage report."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import yaml

from tocsin.canonical import digest
from tocsin.front.project import Project, load_project
from tocsin.release.entry import Entry
from tocsin.state.release import Release

SOURCE = {
    "source": "shop_audit",
    "title": "Shop audit trail",
    "description": "One event for each change.",
    "logsources": [{"product": "shop"}],
    "topic": "shop.audit",
    "table": "shop_audit",
    "time": {"field": "time", "lateness": "1m"},
    "fields": {"time": "timestamp", "action": "string"},
}


def rule(title: str, *tags: str, level: str = "high", cases: int = 0, owner: str = "shop") -> Any:
    """A detection; its name comes from the title, its id from the name."""
    name = "".join(c for c in title.lower() if c.isascii() and c.isalpha()) or "nameless"
    case = {"events": [{"at": "0s", "action": "x"}], "expect": {"alerts": 0}}
    return {
        "title": title,
        "name": name,
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "status": "test",
        "description": "For a test.",
        "tags": list(tags),
        "logsource": {"product": "shop"},
        "detection": {"selection": {"action": name}, "condition": "selection"},
        "level": level,
        "tocsin": {"owner": owner, "tests": [case | {"name": f"case {n}"} for n in range(cases)]},
    }


def write_project(root: Path, *rules: Any) -> Project:
    """Lay the project out as an author would, and load it."""
    (root / "sources").mkdir(parents=True)
    (root / "rules").mkdir()
    (root / "tocsin.toml").write_text(
        '[project]\nname = "shop"\n[environments.local]\nkind = "local"\nbackend = "batch-sql"\n',
        "utf-8",
    )
    _write(root / "sources" / "shop_audit.yml", SOURCE)
    for each in rules:
        _write(root / "rules" / f"{each['name']}.yml", each)
    project = load_project(root)
    assert not project.diagnostics
    return project


def _write(path: Path, content: Any) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def entries(project: Project, *, version: int = 1, shadow: str = "") -> tuple[Entry, ...]:
    """All detections of the project as a release records them."""
    return tuple(
        Entry(
            id=query.detection.id,
            key=query.detection.key,
            version=version,
            logic=query.logic,
            artifact=digest(query.detection.key),
            meta=query.meta,
            backend="batch-sql",
            source=query.source.name,
            path=f"batch-sql/shop_audit/{query.detection.key}.sql",
            title=query.detection.meta.title,
            level=query.detection.meta.level,
            status=query.detection.meta.status,
            owner=query.detection.meta.owner,
            tags=query.detection.meta.tags,
            cases=len(query.detection.cases),
            mode="shadow" if query.detection.key == shadow else "live",
        )
        for query in project.queries
    )


def release(number: int, made: str, found: tuple[Entry, ...], parent: str = "") -> Release:
    """A release of the environment `local`."""
    return Release(
        number=number,
        environment="local",
        project="shop",
        parent=parent,
        made=made,
        who="Someone <someone@example.org>",
        reason="test",
        plan="",
        entries=found,
    )
