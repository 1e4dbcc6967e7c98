"""JSON Schemas of what people write, for editors, and of what halves of a pipeline hand over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from tocsin.front.block import Block, CaseFile
from tocsin.front.sources import SourceBlock
from tocsin.model.detection import LEVELS
from tocsin.model.project import Settings
from tocsin.review import document

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_STATUSES = ["stable", "test", "experimental", "deprecated", "unsupported"]
_TEXTS = {"type": "array", "items": {"type": "string"}}


def schema(name: str) -> dict[str, Any]:
    """The schema of this name."""
    return {"$schema": _DRAFT, **SCHEMAS[name]()}


def _rule() -> dict[str, Any]:
    """A Sigma rule, filter or correlation; what is in a detection only Tocsin itself can judge."""
    block = _written(Block)
    defs = block.pop("$defs", {})
    own = {
        "title": {"type": "string", "maxLength": 256},
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "status": {"enum": _STATUSES},
        "level": {"enum": list(LEVELS)},
        "tags": _TEXTS | {"items": {"type": "string", "pattern": r"^[a-z0-9_-]+\.[a-z0-9._-]+$"}},
        "references": _TEXTS,
        "falsepositives": {"type": ["array", "string"]},
        "logsource": {"type": "object"},
        "detection": {"type": "object", "required": ["condition"]},
        "correlation": {"type": "object", "required": ["type", "rules"]},
        "filter": {"type": "object"},
        "tocsin": block,
    }
    return {"type": "object", "required": ["title"], "properties": own, "$defs": defs}


def _source() -> dict[str, Any]:
    """With the short forms: a type alone for a field, one name for a list of them."""
    found = _written(SourceBlock)
    defs = found["$defs"]
    defs["FieldBlock"] = {"anyOf": [{"$ref": "#/$defs/FieldType"}, defs["FieldBlock"]]}
    found["properties"]["id"] = {"anyOf": [{"type": "string"}, _TEXTS]}
    return found


def _written(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "rule": _rule,
    "cases": lambda: _written(CaseFile),
    "source": _source,
    "settings": lambda: _written(Settings),
    "review": lambda: _written(document.ChangeReview),
}
