"""What is enclosed with a release, and in which of its files that stands in the ledger."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from tocsin.state.facts import ReleaseFacts

_FACTS = TypeAdapter(ReleaseFacts)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Files by path in the release, and where the project's files are, if they are not among them.

    `content_of`: commit of the release whose content is taken over. `earlier` and `facts`: as in
    `Release`.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    content_of: str = ""
    earlier: Mapping[str, int] = field(default_factory=dict)
    facts: ReleaseFacts = field(default_factory=ReleaseFacts)

    def as_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        files = {path: base64.b64encode(data).decode() for path, data in self.files.items()}
        return {
            "files": files,
            "content_of": self.content_of,
            "earlier": {**self.earlier},
            "facts": _FACTS.dump_python(self.facts, mode="json"),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Enclosure:
        """From such values. Raises ValueError, KeyError or TypeError for others."""
        files = {path: base64.b64decode(data) for path, data in record["files"].items()}
        facts = _FACTS.validate_python(record["facts"])
        return cls(files, record["content_of"], record["earlier"], facts)
