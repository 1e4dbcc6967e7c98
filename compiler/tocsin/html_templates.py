"""Templates of pages whose texts come from strangers: everything is escaped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin.escape import printable


def visible(value: Any) -> Any:
    """Without control and bidirectional characters; what is markup is ours."""
    return "\n".join(map(printable, value.split("\n"))) if _is_text(value) else value


def on_one_line(value: Any) -> Any:
    """The same, line breaks being shown, too."""
    return printable(value) if _is_text(value) else value


def html_templates(
    package: str, tools: Mapping[str, Any], finalize: Callable[[Any], Any] = visible
) -> Environment:
    """The templates beside a package's modules, which find these tools by name."""
    found = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(tools)
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Markup)
