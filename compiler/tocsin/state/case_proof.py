"""How the cases of what was deployed ended: `tests.json` in a release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from tocsin.release.entry import FORBID_UNKNOWN

FILE = "tests.json"


@dataclass(frozen=True, slots=True)
class CaseProof:
    """One case on one engine.

    `input`: digest of the events that it was given, and of what was expected; `output`: of the
    numbers of the events that alerted. `seconds`: how long it took; an engine runs all cases
    together, and each has an even share. `kept`: the same detection with the same case gave this
    on this version of the engine before, and was not run again; also of what a rollback or a repair
    brings back.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    detection: str
    key: str
    case: str
    engine: str
    version: str
    verdict: Literal["passed", "failed", "refused"]
    input: str
    output: str
    seconds: Annotated[float, Field(ge=0)]
    kept: bool = False


PROOFS = TypeAdapter(tuple[CaseProof, ...])


def encode(proofs: Iterable[CaseProof]) -> bytes:
    """The bytes of the file, a proof a line."""
    rows = PROOFS.dump_python(tuple(proofs), mode="json")
    lines = (json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode("utf-8", "replace")


def decode(data: bytes) -> tuple[CaseProof, ...]:
    """The proofs in the bytes of a file; none where it is damaged, which `verify` tells."""
    try:
        return PROOFS.validate_json(data)
    except ValidationError:
        return ()
