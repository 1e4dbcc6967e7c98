"""Snapshots as Flink writes them, as far as anybody reads them."""

from __future__ import annotations

import struct
from pathlib import Path

from tocsin_flink_sql.state.snapshots import MAGIC
from tocsin_flink_sql.state.storage import Generation


def made(generation: Generation, folder: str, number: int, magic: int = MAGIC) -> Path:
    """A snapshot in a folder of the generation."""
    place = generation.folder / folder
    place.mkdir(parents=True)
    (place / "_metadata").write_bytes(struct.pack(">iiq", magic, 6, number) + b"state")
    return place


def split(topic: str, partition: int, offset: int) -> bytes:
    """A partition as Flink's Kafka source writes it into a snapshot, without a place to stop."""
    name = topic.encode()
    return struct.pack(f">H{len(name)}siqq", len(name), name, partition, offset, -(2**63))
