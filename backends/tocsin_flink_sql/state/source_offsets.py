"""How far the source of a pack's job had read when a snapshot was made.

A detection that gets a job of its own begins just where the job that it leaves has stopped. Flink
tells that in the snapshot alone: committed offsets are those of the last checkpoint.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from tocsin_flink_sql.state.snapshots import Snapshot

_SPLIT = struct.Struct(">iqq")
"""After the topic's name: partition, next offset, and the offset to stop at."""
_ENDLESS = -(2**63)


def positions(snapshot: Snapshot, topic: str) -> str:
    """The next offset of each partition, as the connector takes it; empty if none is told.

    A partition that was not read yet is left out: it is read from its beginning.
    """
    found: dict[int, int] = {}
    for file in sorted(snapshot.folder.iterdir()):
        for partition, offset in _splits(file.read_bytes(), topic):
            # The enumerator remembers where it began, the reader where it is.
            found[partition] = max(offset, found.get(partition, 0))
    return ";".join(f"partition:{at},offset:{found[at]}" for at in sorted(found))


def _splits(data: bytes, topic: str) -> Iterator[tuple[int, int]]:
    name = topic.encode()
    head = struct.pack(">H", len(name)) + name
    at = data.find(head)
    while at >= 0:
        begin = at + len(head)
        if len(data) >= begin + _SPLIT.size:
            partition, offset, stop = _SPLIT.unpack_from(data, begin)
            if stop == _ENDLESS and offset >= 0:
                yield partition, offset
        at = data.find(head, begin)
