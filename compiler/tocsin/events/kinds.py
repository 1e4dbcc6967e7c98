"""The kind of a file, by its first bytes."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

GZIP = b"\x1f\x8b"
EVTX = b"ElfFile\x00"


@dataclass(frozen=True, slots=True)
class ForeignKind:
    """A kind of file that is not supported, and what to do about it."""

    name: str
    hint: str = "events are read from JSON, CSV and EVTX, plain or gzipped"


_UNPACK = "unpack it first"
_MAGIC: tuple[tuple[bytes, ForeignKind], ...] = (
    (GZIP, ForeignKind("gzip inside gzip", _UNPACK)),
    (
        b"PAR1",
        ForeignKind("Parquet", "export it as JSON lines, with DuckDB: COPY … TO 'events.jsonl'"),
    ),
    (b"%PDF-", ForeignKind("PDF")),
    (b"\x7fELF", ForeignKind("an ELF program")),
    (b"PK\x03\x04", ForeignKind("a zip archive", _UNPACK)),
    (b"PK\x05\x06", ForeignKind("an empty zip archive")),
    (b"\x28\xb5\x2f\xfd", ForeignKind("zstd", "unpack it first: zstd -d")),
    (b"\xfd7zXZ\x00", ForeignKind("xz", "unpack it first: xz -d")),
    (b"\x04\x22\x4d\x18", ForeignKind("LZ4", "unpack it first: lz4 -d")),
    (b"7z\xbc\xaf\x27\x1c", ForeignKind("a 7-Zip archive", _UNPACK)),
    (b"SQLite format 3\x00", ForeignKind("an SQLite database")),
    (b"Obj\x01", ForeignKind("Avro", "export it as JSON lines, with avro-tools tojson")),
    (b"ARROW1", ForeignKind("Arrow")),
    (
        b"LfLe",
        ForeignKind("a Windows event log from before 2008 (EVT)", "convert it to EVTX first"),
    ),
    (b"\xd4\xc3\xb2\xa1", ForeignKind("a packet capture")),
    (b"\xa1\xb2\xc3\xd4", ForeignKind("a packet capture")),
    (b"\n\r\r\n", ForeignKind("a packet capture")),
    (b"regf", ForeignKind("a registry hive")),
    (b"\x89PNG", ForeignKind("a PNG image")),
    (b"\xff\xd8\xff", ForeignKind("a JPEG image")),
    (b"\xff\xfe\x00\x00", ForeignKind("UTF-32 text", "save it as UTF-8")),
    (b"\x00\x00\xfe\xff", ForeignKind("UTF-32 text", "save it as UTF-8")),
)
_BZIP2 = re.compile(rb"BZh[1-9]1AY&SY")
_BRIEF = ((b"MZ", ForeignKind("a Windows program")), (b"ORC", ForeignKind("ORC")))
"""Too brief to tell alone: text may begin so, but not text with NULs."""
_LOGS = (
    (b"#separator", ForeignKind("a tab-separated Zeek log", "write JSON: LogAscii::use_json=T")),
    (b"#Software:", ForeignKind("a W3C log", "convert it to CSV with a header, or to JSON")),
    (b"#Version:", ForeignKind("a W3C log", "convert it to CSV with a header, or to JSON")),
    (b"#Fields:", ForeignKind("a W3C log", "convert it to CSV with a header, or to JSON")),
    (b"type=", ForeignKind("a Linux audit log", "convert it to JSON, one key per field")),
    (b"CEF:", ForeignKind("CEF", "convert it to JSON, one key per field")),
    (b"LEEF:", ForeignKind("LEEF", "convert it to JSON, one key per field")),
)
_TAR = slice(257, 262)
_OBJECT_LINE = re.compile(rb"^[ \t]*\{", re.MULTILINE)
_NAME = re.compile(r"(?!.*: )[\w.@#:/()\[\]%$*+-]+( [\w.@#:/()\[\]%$*+-]+){0,4}")
DELIMITERS = ",;\t|"


def foreign(head: bytes) -> ForeignKind | None:
    """The kind of a file that is not text; None if it may have events."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if _BZIP2.match(head):
        return ForeignKind("bzip2", "unpack it first: bzip2 -d")
    if head[_TAR] == b"ustar":
        return ForeignKind("a tar archive", _UNPACK)
    if head.lstrip()[:1] in (b"{", b"[") or b"\x00" not in head:
        return None
    return next(
        (kind for magic, kind in _BRIEF if head.startswith(magic)), ForeignKind("a binary file")
    )


def encoding(head: bytes) -> str:
    """`utf-16` with a byte order mark, or the order that the first letters show; else nothing."""
    if head[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        return ""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if _other_bytes_are_nul(head[:2] if head[:1] in (b"{", b"[") else head[:64]):
        return "utf-16-le"
    return (
        "utf-16-be"
        if head[:1] == b"\x00"
        and _other_bytes_are_nul(head[1:3] if head[1:2] in (b"{", b"[") else head[1:63])
        else ""
    )


def _other_bytes_are_nul(text: bytes) -> bool:
    """Whether a NUL follows each byte, and no byte is one: letters of ASCII in UTF-16."""
    return len(text) > 1 and not any(text[1::2]) and b"\x00" not in text[::2]


def has_json(head: bytes) -> bool:
    """Whether the text is JSON, or has a line that begins as an object."""
    return head.lstrip()[:1] in (b"{", b"[") or _OBJECT_LINE.search(head) is not None


def text_kind(head: bytes) -> ForeignKind:
    """The kind of a text that is neither JSON nor a table."""
    if head.lstrip().startswith(b"<"):
        hint = "Windows events as XML: export them as EVTX, or as JSON (evtx_dump -o jsonl)"
        return ForeignKind("XML or HTML", hint)
    for begin, kind in _LOGS:
        if head.startswith(begin):
            return kind
    try:
        head[: head.rfind(b"\n") + 1].decode()
    except UnicodeDecodeError:
        return ForeignKind("text that is not UTF-8", "save it as UTF-8")
    return ForeignKind(
        "plain text, neither JSON nor CSV", "write one JSON object per line, or CSV with a header"
    )


def delimiter(head: bytes) -> str:
    """The separator of a table with a header; empty if the text is not one.

    The first row names at least two columns, all different, and the second has as many cells.
    """
    if head[:1] == b"<" or not head.strip():
        return ""
    text = head.decode("utf-8", "replace")
    lines = (line.strip("\r") for line in text.split("\n", 2))
    header = next((line for line in lines if not is_about([line], "")), "")
    given = max(DELIMITERS, key=header.count)
    try:
        rows = list(csv.reader(text.splitlines(keepends=True)[:50], delimiter=given))
    except csv.Error:
        return ""
    filled = [row for row in rows if row and not is_about(row, given)]
    names, *others = [[name.strip() for name in row] for row in filled] or [[]]
    named = len(set(names) - {""}) > 1 and all(not name or _NAME.fullmatch(name) for name in names)
    distinct = len(set(names) - {""}) == len(names) - names.count("")
    even = not others or len(others[0]) >= len(names)
    return given if named and distinct and even else ""


def is_about(row: list[str], delimiter: str) -> bool:
    """Whether a line above the header tells the delimiter (Excel) or a type (PowerShell)."""
    line = delimiter.join(row)
    return line.startswith("#TYPE ") or re.fullmatch("sep=.?", line) is not None
