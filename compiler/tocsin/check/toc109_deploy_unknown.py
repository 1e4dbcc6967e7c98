"""TOC109: `deploy` says something that no deployment can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.check.place import Places
from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.project import Project

CODE = "TOC109"
TITLE = "Deployment to an environment that there is not"
SEVERITY = Severity.ERROR
ON_CHANGE = "on_change"
STATES = ("live", "shadow", "off")
CHANGES = ("keep", "replay", "reset")


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding an entry of `deploy`."""
    environments = project.settings.environments
    for query in project.queries:
        detection = query.detection
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


def _wrong(name: str, value: str, environments: Iterable[str]) -> tuple[str, str] | None:
    if name == ON_CHANGE:
        said = f"on_change is not {value!r}", f"on_change: {' | '.join(CHANGES)}"
        return None if value in CHANGES else said
    known = list(environments)
    if name not in known:
        close = near(name, known)
        hint = f"did you mean {close!r}?" if close else f"environments: {', '.join(known)}"
        return f"tocsin.toml has no environment {name!r}", hint
    if value not in STATES:
        return f"a detection cannot be {value!r} in {name}", f"{name}: {' | '.join(STATES)}"
    return None
