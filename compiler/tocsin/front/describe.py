"""What a rule or a correlation says of itself: metadata, `tocsin:` block, cases in the block."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from tocsin.diagnostics import Diagnostic
from tocsin.front.block import Block, findings, read_cases
from tocsin.front.sigma import metadata_errors
from tocsin.front.yaml import YamlDocument
from tocsin.model.detection import Case, Dedup, Detection, Meta, Promotion
from tocsin.model.names import canonical_id
from tocsin.model.source import LogSource

_HINTS = {
    "id": "make one with `uuidgen`",
    "level": "informational, low, medium, high or critical",
    "logsource": "for example `logsource: {product: windows, category: process_creation}`",
    "status": "stable, test, experimental, deprecated or unsupported",
    "tags": "for example `tags: [attack.persistence, attack.t1098]`",
    "title": "one line of text",
}


def describe(
    document: YamlDocument, value: dict[str, Any], slug: str | None = None
) -> tuple[Detection, list[Diagnostic]]:
    """The detection without its logic; meant to be used only where no finding is an error.

    `slug` is its key where it has no name: the stem of its file, unless said otherwise.
    """
    wrong = [_metadata(document, value, *error) for error in metadata_errors(value)]
    block, block_wrong = _block(document, value)
    cases, case_wrong = read_cases(block.tests, {}, document, ("tocsin", "tests"))
    stem = PurePath(document.file).stem if slug is None else slug
    found = _detection(document, value, block, tuple(cases), stem)
    return found, [*wrong, *block_wrong, *case_wrong]


def _metadata(
    document: YamlDocument, value: dict[str, Any], attribute: str, message: str
) -> Diagnostic:
    path = (attribute,) if attribute in value else ()
    return Diagnostic("TOC010", message, document.span(path), hint=_HINTS.get(attribute, ""))


def _block(document: YamlDocument, value: dict[str, Any]) -> tuple[Block, list[Diagnostic]]:
    try:
        return Block.model_validate(value.get("tocsin", {})), []
    except ValidationError as error:
        return Block(), findings(error, document, ("tocsin",), "TOC050", Block)


def _detection(
    document: YamlDocument, value: dict[str, Any], block: Block, cases: tuple[Case, ...], slug: str
) -> Detection:
    return Detection(
        id=canonical_id(str(value.get("id") or value.get("name") or slug)),
        key=str(value.get("name") or slug),
        meta=_meta(value, block),
        logsource=logsource_of(value.get("logsource")),
        span=document.span(),
        name=str(value.get("name") or ""),
        source=block.source,
        deploy=dict(block.deploy),
        dedup=_dedup(block),
        playbook=block.alert.playbook if block.alert else "",
        cases=cases,
        promotion=_promotion(block),
    )


def _dedup(block: Block) -> Dedup | None:
    given = block.alert.dedup if block.alert else None
    return Dedup(tuple((name, ()) for name in given.by), given.for_) if given else None


def _promotion(block: Block) -> Promotion | None:
    policy = block.promote
    return Promotion(policy.after, policy.max_alerts_per_day) if policy else None


def _meta(value: dict[str, Any], block: Block) -> Meta:
    texts = ("title", "status", "level", "description", "author", "date", "modified", "license")
    lists = ("tags", "references", "falsepositives", "fields")
    given: dict[str, Any] = {name: str(value.get(name) or "") for name in texts}
    given |= {name: texts_of(value.get(name)) for name in lists}
    # pySigma takes these in any case; whoever counts alerts by level does not.
    given |= {name: given[name].lower() for name in ("level", "status")}
    given["tags"] = tuple(map(str.lower, given["tags"]))
    return Meta(**given, owner=block.owner, controls=tuple(block.controls))


def texts_of(value: Any) -> tuple[str, ...]:
    """A list as texts; one value is a list of one, None an empty one."""
    values = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(map(str, values))


def logsource_of(value: Any) -> LogSource:
    """The triple of a `logsource` map; `definition` and other keys do not count."""
    given = value if isinstance(value, dict) else {}
    return LogSource(*(str(given.get(k) or "") for k in ("product", "category", "service")))
