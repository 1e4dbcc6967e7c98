"""Texts of messages: jinja2, of which only values, `if` and a few filters are left.

A template reads what it is given and nothing of Python; what events say is never a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import ChainableUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tocsin.errors import ConfigError
from tocsin_server.alerts.schemas import FindingShown
from tocsin_server.sinks.base import Message, SinkSetup

_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem,
    nodes.Const, nodes.If, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not,
    nodes.Filter,
)  # fmt: skip
_FILTERS = ("default", "join", "length", "lower", "truncate", "upper")
_NAMES = ("finding", "type", "url")
_LONGEST_VALUE, _LONGEST_TEXT = 1000, 3000


class _Environment(ImmutableSandboxedEnvironment):
    """A dot means a key: no attribute of any object is reached."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


class Template:
    """A text with values, each escaped as its kind of sink needs it."""

    def __init__(self, setup: SinkSetup, usual: str, escape: Callable[[str], str]) -> None:
        """Raises ConfigError if the sink's own template does more than show values."""
        self._console = setup.console
        environment = _Environment(
            undefined=ChainableUndefined,
            finalize=lambda value: escape(plain(_words(value))[:_LONGEST_VALUE]),
            autoescape=False,
            keep_trailing_newline=True,
        )
        try:
            tree = environment.parse(setup.settings.template or usual)
            _check(tree)
            self._template = environment.from_string(tree)
        except (TemplateSyntaxError, SecurityError) as error:
            raise ConfigError(f"sink {setup.name}: template: {error}") from None

    def text(self, message: Message) -> str:
        """The text of a message."""
        given = {"finding": message.finding, "type": str(message.type)}
        return self._template.render(given, url=link(self._console, message))[:_LONGEST_TEXT]


def link(console: str, message: Message) -> str:
    """Where people see the finding; empty where nobody has said where the console is."""
    return f"{console}/console/findings/{message.finding['id']}" if console else ""


def plain(text: str) -> str:
    """In one line, without characters that are not shown or turn the order of others."""
    return "".join(each if each.isprintable() else " " for each in text)


def _words(value: Any) -> str:
    match value:
        case None:
            return ""
        case Mapping():
            return ", ".join(f"{key}: {_words(each)}" for key, each in value.items())
        case list() | tuple():
            return ", ".join(map(_words, value))
        case _:
            return str(value)


def _check(tree: nodes.Template) -> None:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _NODES):
            raise SecurityError(f"{type(node).__name__.lower()} is not allowed")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise SecurityError(f"the filter {node.name} is none of {', '.join(_FILTERS)}")
        if isinstance(node, nodes.Name) and node.name not in _NAMES:
            raise SecurityError(f"{node.name} is none of {', '.join(_NAMES)}")
        if isinstance(node, nodes.Getattr) and _of_finding(node):
            raise SecurityError(f"a finding has no {node.attr}")


def _of_finding(node: nodes.Getattr) -> bool:
    named = isinstance(node.node, nodes.Name) and node.node.name == "finding"
    return named and node.attr not in FindingShown.model_fields
