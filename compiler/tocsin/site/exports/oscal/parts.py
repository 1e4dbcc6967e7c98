"""Parts of OSCAL documents: stable ids, texts as its types want them, metadata.

An id is made from what it is the id of (UUID version 5), so that it is the same each time and in
each document; that of a document is made from all that it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tocsin import __version__
from tocsin.canonical import plain_bytes
from tocsin.escape import markup, printable
from tocsin.release.entry import Entry
from tocsin.site.history.model import DetectionHistory, History

VERSION = "1.2.1"
NAMESPACE = "urn:tocsin:oscal"
"""Of all properties here."""
NO_RECORD = "no record"
_IDS = uuid5(NAMESPACE_URL, NAMESPACE)
_NIST = re.compile(r"([A-Z]{2})-0*([0-9]+)(?:\(0*([0-9]+)\))?")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OscalIds:
    """OscalIds of one environment."""

    project: str
    environment: str

    def of(self, *parts: str) -> str:
        """The id of something, by its kind and names."""
        return _id([self.project, self.environment, *parts])


def ids_of(history: History) -> OscalIds:
    """The ids of the environment of a history."""
    return OscalIds(history.project, history.environment)


def document(kind: str, content: Json) -> Json:
    """A document with its id, which another content would change."""
    return {kind: {"uuid": _id([kind, content]), **content}}


def metadata(history: History, title: str) -> Json:
    """What every document begins with. Without a clock: it was last changed when the ledger was."""
    changed = history.releases[-1].made if history.releases else history.period.end
    return {
        "title": line(f"{history.project}: {title}, {history.environment}"),
        "last-modified": changed,
        "version": history.evidence.head or "empty",
        "oscal-version": VERSION,
        "props": [
            prop("period", f"{history.period.begin} to {history.period.end}"),
            prop("ledger-head", history.evidence.head),
            prop("generator", f"Tocsin {__version__}"),
        ],
    }


def prop(name: str, value: str, *, kind: str = "", group: str = "") -> Json:
    """A property of ours; an empty value is no record."""
    said = {"class": kind, "group": group}
    return {"name": name, "ns": NAMESPACE, "value": string(value)} | {
        key: token(each) for key, each in said.items() if each
    }


def string(text: str) -> str:
    """One line that is not empty."""
    return printable(text).strip() or NO_RECORD


def line(text: str) -> str:
    """One line that is read as Markdown, without any."""
    return markup(text).strip() or NO_RECORD


def token(text: str) -> str:
    """A word that begins with a letter."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", text)
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def control_id(catalogue: str, control: str) -> str:
    """A control as NIST's own catalogues in OSCAL name it (`ac-2.1`), or as a word."""
    if found := _NIST.fullmatch(control):
        family, number, part = found.groups()
        return f"{family.lower()}-{number}" + (f".{part}" if part else "")
    return token(control if control[:1].isalpha() else f"{catalogue}-{control}")


def resources(of: Iterable[tuple[str, str]]) -> Json:
    """The back matter: things that are named and not enclosed, by id and title."""
    return {"resources": [{"uuid": id_, "title": line(title)} for id_, title in of]}


def component(ids: OscalIds, found: DetectionHistory) -> Json:
    """A detection as a component."""
    entry = found.entry
    return {
        "uuid": ids.of("detection", found.id),
        "type": "software",
        "title": line(entry.title),
        "description": markup(entry.description).strip() or line(entry.title),
        "props": [*_identity(found.id, entry), prop("state", found.state)],
    }


def environment_component(ids: OscalIds, history: History) -> Json:
    """All detections of the environment together."""
    live = sum(1 for each in history.detections if each.state == "live")
    return {
        "uuid": ids.of("environment"),
        "type": "service",
        "title": line(f"Detections of {history.project} in {history.environment}"),
        "description": f"{live} detections are live at {history.period.end}.",
    }


def _identity(id_: str, entry: Entry) -> list[Json]:
    said: Mapping[str, str] = {
        "detection": id_,
        "version": str(entry.version),
        "level": entry.level,
        "owner": entry.owner,
        "logic-digest": entry.logic,
        "artifact-digest": entry.artifact,
    }
    return [prop(name, value) for name, value in said.items()]


def _id(what: Any) -> str:
    name = plain_bytes(what).decode("utf-8", "replace")
    return str(uuid5(_IDS, name))
