"""YAML as Tocsin reads it: C loader, every value's place kept, surprises refused.

Refused with a place: duplicate keys, merge keys, custom tags, alias bombs, deep nesting, files that
are too large or not UTF-8, and the accidents of YAML 1.1 (`010`, `0x1F`, `1_000`, `yes`, `1:30`,
unquoted dates), which other readers take for something else than what stands there.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from tocsin import gate
from tocsin.diagnostics import Diagnostic, Span
from tocsin.front.yaml_syntax import syntax_error

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 200_000
MAX_DIGITS = 300
MAX_DOCUMENTS = 1000

Path_ = tuple[str | int, ...]
_Step = tuple[yaml.Node, yaml.Node]
_TAG = "tag:yaml.org,2002:"
_ACCIDENT_HINT = "quote it if it is text, or write the value in full"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?")
_MAYBE_DEEP = re.compile(
    rf"(?:[-?:][ \t]++){{{MAX_DEPTH}}}|(?:^|[\n\r\x85\u2028\u2029])[ ]{{{MAX_DEPTH}}}"
)
_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+|0o[0-7]+")


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One YAML document: its plain value, and the place of everything in it."""

    file: str
    value: Any
    node: yaml.Node | None = field(repr=False, default=None)
    _below: dict[int, dict[str, _Step]] = field(
        repr=False, compare=False, default_factory=dict, init=False
    )

    def span(self, path: Path_ = (), *, key: bool = False) -> Span:
        """The place of the value at a path (of its key with `key`), or of the nearest parent."""
        node = self.node
        mark = node.start_mark if node else None
        for depth, part in enumerate(path):
            step = self._child(node, part)
            if step is None:
                break
            key_node, node = step
            mark = (key_node if key and depth == len(path) - 1 else node).start_mark
        return Span(self.file, mark.line + 1, mark.column + 1) if mark else Span(self.file)

    def span_of(self, node: yaml.Node) -> Span:
        """The place of a node."""
        return Span(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _child(self, node: yaml.Node | None, part: str | int) -> _Step | None:
        """Key and value below a node; a map's keys are indexed once, for there may be thousands."""
        if isinstance(node, yaml.MappingNode):
            if id(node) not in self._below:
                scalars = [(k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode)]
                self._below[id(node)] = {k.value: (k, v) for k, v in reversed(scalars)}
            return self._below[id(node)].get(str(part))
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            return node.value[part], node.value[part]
        return None

    def _at(self, path: Path_) -> yaml.Node | None:
        node = self.node
        for part in path:
            step = self._child(node, part)
            node = step[1] if step else None
        return node

    def written(self, path: Path_) -> str:
        """The scalar at a path as it stands in the file; empty where there is none."""
        node = self._at(path)
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def children(self, path: Path_) -> list[tuple[yaml.Node, yaml.Node]]:
        """Keys and values of the map at a path."""
        node = self._at(path)
        return list(node.value) if isinstance(node, yaml.MappingNode) else []


def keys_below(node: yaml.Node) -> Iterator[yaml.Node]:
    """All keys of a map, or of the maps in a list."""
    if isinstance(node, yaml.MappingNode):
        yield from (key for key, _ in node.value)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from keys_below(child)


def read_file(path: Path) -> tuple[list[YamlDocument], list[Diagnostic]]:
    """All documents of a file and all that is wrong with it."""
    try:
        data = gate.read(path, MAX_BYTES)
    except gate.UnreadError as error:
        return [], [unread(error)]
    return read_bytes(data, str(path))


def unread(error: gate.UnreadError) -> Diagnostic:
    """The finding that a file was not read."""
    message = f"cannot read the file: {error.reason}"
    return Diagnostic("TOC001", message, Span(str(error.path)), hint=error.hint)


def read_bytes(data: bytes, name: str) -> tuple[list[YamlDocument], list[Diagnostic]]:
    """All documents of a text and all that is wrong with it."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        message = f"not UTF-8 text: byte 0x{data[error.start]:02x}"
        hint = "is this a binary file, or one in another encoding?"
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            message, hint = "not UTF-8 but UTF-16 text", "save it as UTF-8"
        return [], [Diagnostic("TOC001", message, Span(name, line, column), hint=hint)]
    try:
        if too_deep := _too_deep(text):
            span = Span(name, too_deep.line + 1, too_deep.column + 1)
            message = "the values are nested too deeply"
            return [], [Diagnostic("TOC005", message, span, hint=f"at most {MAX_DEPTH} levels")]
        nodes = list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        return [], [syntax_error(error, text, name)]
    if len(nodes) > MAX_DOCUMENTS:
        mark = nodes[MAX_DOCUMENTS].start_mark if nodes[MAX_DOCUMENTS] else None
        message = f"more than {MAX_DOCUMENTS} documents in one file"
        span = Span(name, mark.line + 1, 1) if mark else Span(name)
        return [], [Diagnostic("TOC005", message, span, hint="split the file")]
    builder = _Builder(name)
    documents = [YamlDocument(name, builder.build(n), n) for n in nodes if not _is_empty(n)]
    return documents, builder.diagnostics


def _is_empty(node: yaml.Node | None) -> bool:
    """Whether nothing stands between two markers: many editors leave `---` at a file's end."""
    return node is None or (isinstance(node, yaml.ScalarNode) and not (node.value or node.style))


def _too_deep(text: str) -> Any:
    # The C composer recurses on the C stack and crashes on deep input, so the depth is counted on
    # the flat event stream first, but only where the text could be deep at all.
    if text.count("[") + text.count("{") <= MAX_DEPTH and not _MAYBE_DEEP.search(text):
        return None
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return event.start_mark
    return None


class _Builder:
    """Turns composed nodes into plain values, collecting every surprise."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.diagnostics: list[Diagnostic] = []
        self._left = MAX_NODES
        self._open: set[int] = set()

    def build(self, node: yaml.Node, depth: int = 0, *, dates: bool = False) -> Any:
        self._left -= 1
        if self._left == 0:
            hint = "aliases that multiply content are refused"
            self._report("TOC005", node, f"more than {MAX_NODES} values in one file", hint)
        if self._left <= 0 or depth > MAX_DEPTH or id(node) in self._open:
            return self._refuse_depth(node)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, dates=dates)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                if node.tag != f"{_TAG}seq":
                    self._report_tag(node)
                return [self.build(child, depth + 1) for child in node.value]
            return self._mapping(node, depth)
        finally:
            self._open.discard(id(node))

    def _refuse_depth(self, node: yaml.Node) -> None:
        if self._left > 0 and id(node) in self._open:
            self._report("TOC005", node, "this value contains itself", "write it out")
        elif self._left > 0:
            hint = f"at most {MAX_DEPTH} levels"
            self._report("TOC005", node, "this value is nested too deeply", hint)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        if node.tag != f"{_TAG}map":
            self._report_tag(node)
            return built
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            if key in built:
                hint = "keep one; YAML readers silently drop all but the last"
                self._report("TOC003", key_node, f"the key {key!r} appears twice", hint)
            dates = depth == 0 and key in ("date", "modified")
            built[key] = self.build(value_node, depth + 1, dates=dates)
        return built

    def _key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._report("TOC005", node, "a key must be plain text", "")
            return None
        if node.tag == f"{_TAG}merge":
            self._report("TOC005", node, "merge keys (<<) are not allowed", "write the keys out")
            return None
        if node.tag == f"{_TAG}bool" and node.value.lower() not in ("true", "false"):
            self._report("TOC004", node, f"YAML 1.1 reads the key {node.value} as a boolean", "")
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode, *, dates: bool) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            if not node.style and _EXPONENT.fullmatch(node.value):
                self._accident(node, "a number or as text, depending on the reader")
            return node.value
        if kind == "null":
            return None
        if kind == "timestamp" and dates:
            return node.value
        reader = _READERS.get(kind)
        if reader is None:
            self._report_tag(node)
            return None
        return reader(self, node)

    def read_bool(self, node: yaml.ScalarNode) -> bool | str:
        lower = str(node.value).lower()
        if lower not in ("true", "false"):
            self._accident(node, "a boolean")
        return lower == "true"

    def read_int(self, node: yaml.ScalarNode) -> int:
        if len(node.value) > MAX_DIGITS:
            self._too_large(node)
            return 0
        if _INTEGER.fullmatch(node.value):
            return int(node.value)
        self._accident(node, "a number in another base or notation")
        return 0

    def read_float(self, node: yaml.ScalarNode) -> float:
        if _FLOAT.fullmatch(node.value):
            if isfinite(number := float(node.value)):
                return number
            self._too_large(node)
            return 0.0
        self._accident(node, "a number in another notation")
        return 0.0

    def read_timestamp(self, node: yaml.ScalarNode) -> str:
        self._accident(node, "a date")
        return str(node.value)

    def _too_large(self, node: yaml.ScalarNode) -> None:
        self._report("TOC004", node, "the number is too large", "quote it if it is text")

    def _report_tag(self, node: yaml.Node) -> None:
        message, hint = f"the tag {node.tag} is not allowed", "use plain YAML, without tags"
        if node.tag == f"{_TAG}value":
            message, hint = f"YAML 1.1 gives {node.value} a meaning of its own", "quote it"
        self._report("TOC005", node, message, hint)

    def _accident(self, node: yaml.ScalarNode, reading: str) -> None:
        self._report("TOC004", node, f"YAML 1.1 reads {node.value} as {reading}", _ACCIDENT_HINT)

    def _report(self, code: str, node: yaml.Node, message: str, hint: str) -> None:
        mark = node.start_mark
        span = Span(self.file, mark.line + 1, mark.column + 1)
        self.diagnostics.append(Diagnostic(code, message, span, hint=hint))


_READERS: dict[str, Callable[[_Builder, yaml.ScalarNode], Any]] = {
    "bool": _Builder.read_bool,
    "int": _Builder.read_int,
    "float": _Builder.read_float,
    "timestamp": _Builder.read_timestamp,
}
