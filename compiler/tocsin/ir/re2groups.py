"""Named groups of RE2 patterns."""

from __future__ import annotations

import re

from tocsin.ir.re2java import CLASS, ESCAPE

_QUOTED = r"\\Q.*?(?:\\E|\Z)"
_TOKEN = re.compile(rf"{_QUOTED}|{ESCAPE.pattern}|{CLASS.pattern}|\(\?<", re.DOTALL)


def python_named(pattern: str) -> str:
    """The valid pattern with each `(?<name>` as `(?P<name>`, which RE2 knew long before."""
    return _TOKEN.sub(lambda found: "(?P<" if found[0] == "(?<" else found[0], pattern)
