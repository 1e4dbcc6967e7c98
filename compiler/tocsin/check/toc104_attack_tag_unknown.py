"""TOC104: a tag names an ATT&CK tactic or technique that there is not, or no longer."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.check.place import Places
from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.attack import load_attack
from tocsin.front.project import Project
from tocsin.model.attack import Attack, is_technique_id

CODE = "TOC104"
TITLE = "Unknown or retired ATT&CK tag"
SEVERITY = Severity.WARNING
PREFIX = "attack."
_OTHER_OBJECTS = ("g", "s", "c", "m", "ds")
"""First letters of ids of groups, software, campaigns, mitigations, data sources: not checked."""


def check(project: Project) -> Iterator[Diagnostic]:
    """One finding a tag."""
    attack = load_attack()
    for query in project.queries:
        detection = query.detection
        tags = detection.meta.tags
        wrong = {n: said for n, tag in enumerate(tags) if (said := _wrong(tag, attack))}
        places = Places(detection) if wrong else None
        for number, (message, hint) in wrong.items():
            span = places.of(("tags", number)) if places else detection.span
            yield Diagnostic(CODE, message, span, SEVERITY, hint, detection.id)


def _wrong(tag: str, attack: Attack) -> tuple[str, str] | None:
    """Message and hint, or None for a good tag and for one of another name space."""
    word = tag.removeprefix(PREFIX)
    if word == tag or _is_other_object(word) or attack.tactic(word) or attack.technique(word):
        return None
    if is_technique_id(word):
        return _technique(word.upper(), attack)
    if split := attack.retired_tactics.get(word):
        became = " or ".join(PREFIX + name for name in split)
        return f"ATT&CK v{attack.version} no longer has the tactic {word}", f"it became {became}"
    close = near(word.replace("_", "-"), [t.shortname for t in attack.tactics])
    hint = (
        f"did you mean {PREFIX}{close}?"
        if close
        else "name a tactic or a technique, such as attack.persistence"
    )
    return f"ATT&CK v{attack.version} has no tactic or technique {word!r}", hint


def _technique(id_: str, attack: Attack) -> tuple[str, str]:
    retired = attack.retired_technique(id_)
    if retired is None:
        parent = attack.technique(id_.partition(".")[0])
        hint = (
            f"the closest one is its parent, {PREFIX}{parent.id.lower()} ({parent.name})"
            if parent
            else ""
        )
        return f"ATT&CK v{attack.version} has no technique {id_}", hint
    successor = attack.technique(retired.successor) if retired.successor else None
    hint = "it has no successor: choose another technique"
    if successor:
        hint = f"it became {PREFIX}{successor.id.lower()} ({successor.name})"
    return f"ATT&CK v{attack.version} retired {id_} ({retired.name})", hint


def _is_other_object(word: str) -> bool:
    letters = word.rstrip("0123456789")
    return letters != word and letters.lower() in _OTHER_OBJECTS
