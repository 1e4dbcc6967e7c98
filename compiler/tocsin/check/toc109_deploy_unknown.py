"""TOC109: `deploy` says something that no deployment can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.check.place import Places, place
from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.project import Project
from tocsin.ir.query import Query
from tocsin.model.detection import Detection

CODE = "TOC109"
TITLE = "Deployment to an unknown environment"
SEVERITY = Severity.ERROR
ON_CHANGE = "on_change"
STATES = ("live", "shadow", "off")
CHANGES = ("keep", "replay", "reset")


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding an entry of `deploy`."""
    environments = project.settings.environments
    for query in project.queries:
        detection = query.detection
        if isinstance(query, Query) and detection.deploy.get(ON_CHANGE) in CHANGES:
            yield _without_state(detection)
        wrong = {
            name: said
            for name, value in detection.deploy.items()
            if (said := _wrong(name, value, environments))
        }
        places = Places(detection) if wrong else None
        for name, (message, hint) in wrong.items():
            path = ("tocsin", "deploy", name)
            span = places.of(path, key=True) if places else detection.span
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _without_state(detection: Detection) -> Diagnostic:
    message = "on_change has no effect: a detection on single events has no state"
    span = place(detection, "tocsin", "deploy", ON_CHANGE, key=True)
    hint = "remove it, or put it in the correlation"
    return Diagnostic(CODE, message, span, Severity.WARNING, hint, detection.id)


def _wrong(name: str, value: str, environments: Iterable[str]) -> tuple[str, str] | None:
    if name == ON_CHANGE:
        said = f"unknown `on_change` {value!r}", f"on_change: {' | '.join(CHANGES)}"
        return None if value in CHANGES else said
    known = list(environments)
    if name not in known:
        close = near(name, known)
        hint = f"did you mean {close!r}?" if close else f"environments: {', '.join(known)}"
        return f"tocsin.toml has no environment {name!r}", hint
    if value not in STATES:
        return f"unknown mode {value!r} for environment {name}", f"{name}: {' | '.join(STATES)}"
    return None
