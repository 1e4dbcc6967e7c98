"""Small Windows event logs (EVTX), made here: a header, one chunk, records of plain binary XML."""

import struct
import zlib
from collections.abc import Sequence

_CHUNK, _HEADER = 65_536, 512
Element = tuple[str, "str | Sequence[Element]"]


def evtx(events: Sequence[Element]) -> bytes:
    """A log of these events, each an element with a text or with elements in it."""
    made = b""
    for number, event in enumerate(events, 1):
        made += _record(number, event, _HEADER + len(made))
    assert len(made) < _CHUNK - _HEADER
    return _file_header() + _chunk(made, len(events))


def _file_header() -> bytes:
    head = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, 0, 2, 128, 1, 3, 4096, 1)
    head = head.ljust(120, b"\0")
    return (head + struct.pack("<II", 0, zlib.crc32(head))).ljust(4096, b"\0")


def _chunk(records: bytes, count: int) -> bytes:
    free = _HEADER + len(records)
    head = struct.pack("<8sQQQQIII", b"ElfChnk\0", 1, count, 1, count, 128, free, free)
    head += struct.pack("<I", zlib.crc32(records))
    head = head.ljust(120, b"\0")
    tables = b"\0" * (_HEADER - 128)
    summed = zlib.crc32(head + tables)
    return (head + struct.pack("<II", 0, summed) + tables + records).ljust(_CHUNK, b"\0")


def _record(number: int, event: Element, at: int) -> bytes:
    xml = b"\x0f\x01\x01\x00" + _element(event, at + 24 + 4) + b"\x00"
    size = 24 + len(xml) + 4
    head = struct.pack("<4sIQQ", b"**\0\0", size, number, 134_000_000_000_000_000)
    return head + xml + struct.pack("<I", size)


def _element(element: Element, at: int) -> bytes:
    """An element whose name stands inline: its offset is that of what follows."""
    name, inner = element
    start = at + 1 + 4 + 4
    named = struct.pack("<IHH", 0, 0, len(name)) + name.encode("utf-16-le") + b"\0\0"
    content, place = b"\x02", start + len(named) + 1
    if isinstance(inner, str):
        content += b"\x05\x01" + struct.pack("<H", len(inner)) + inner.encode("utf-16-le")
    else:
        for each in inner:
            made = _element(each, place)
            content += made
            place += len(made)
    content += b"\x04"
    data = struct.pack("<I", start) + named + content
    return b"\x01" + struct.pack("<I", len(data)) + data
