"""Plans as files: what was reviewed is what is deployed, byte for byte."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from tocsin import gate
from tocsin.canonical import digest, digest_bytes
from tocsin.errors import ConfigError
from tocsin.parse_errors import first_line
from tocsin.plan.steps import PLAN, Bundle, Deploy, Repair

MAX_BYTES = 512 * gate.MIB
_FORM = 2
_MAKE = "make one with `plan --out FILE`"


def to_json(bundle: Bundle) -> dict[str, Any]:
    """The plan, its digest and the bytes that it deploys (base64, by digest)."""
    record = bundle.plan.record
    bodies = {name: base64.b64encode(body).decode() for name, body in bundle.bodies.items()}
    return {"form": _FORM, "digest": digest(record), "plan": record, "bodies": bodies}


def from_json(data: Any, name: str) -> Bundle:
    """The bundle in these JSON values; ConfigError, naming the file, if it was edited."""
    try:
        if data["form"] != _FORM:
            raise ConfigError(
                f"{name} has format {data['form']}; this version of Tocsin reads {_FORM}", file=name
            )
        plan = PLAN.validate_python(data["plan"])
        bodies = {k: base64.b64decode(v, validate=True) for k, v in data["bodies"].items()}
        told = data["digest"]
    except (KeyError, TypeError, AttributeError, ValueError) as bad:
        message = f"{name} is not a saved plan: {first_line(bad)}"
        raise ConfigError(message, hint=_MAKE, file=name) from bad
    needed = {s.after.artifact for s in plan.steps if isinstance(s, Deploy | Repair)}
    whole = {k: digest_bytes(body) for k, body in bodies.items()} == {k: k for k in needed}
    if told != plan.digest or not whole:
        raise ConfigError(f"{name} was edited after it was made", hint="plan again", file=name)
    return Bundle(plan, bodies)


def write(bundle: Bundle, path: Path) -> None:
    """Save a plan. Raises ConfigError if the file cannot be written."""
    text = json.dumps(to_json(bundle), indent=1, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}", file=path) from error


def read(path: Path) -> Bundle:
    """Load a saved plan. Raises ConfigError if the file is not one."""
    try:
        data = gate.read_json(path, MAX_BYTES)
    except gate.MissingError:
        raise
    except gate.UnreadError as bad:
        message = f"{path} is not a saved plan: {bad.reason}"
        raise ConfigError(message, hint=_MAKE, file=path) from None
    return from_json(data, str(path))
