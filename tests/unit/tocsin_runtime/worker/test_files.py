"""Files as streams and as sinks."""

import json
from pathlib import Path

from tocsin.events.piece import MAX_EVENT_BYTES
from tocsin_runtime.stream.base import Output, Sink
from tocsin_runtime.worker.files import FileStream, SinkFile
from worker_world import (
    read_lines,
)


def test_a_line_without_end_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b'{"a":"' + b"x" * (2 * MAX_EVENT_BYTES) + b'"}\n{"id": 1}\n')
    records = FileStream([path], {}).poll() or []
    assert [(r.offset, r.problem[:11], len(r.value)) for r in records] == [
        (0, "larger than", MAX_EVENT_BYTES + 1),
        (1, "", 9),
    ]


def test_a_sink_file_holds_each_key_once(tmp_path: Path) -> None:
    def output(key: str, text: str) -> Output:
        return Output(Sink.ALERTS, key, json.dumps({"id": key, "text": text}).encode(), "d")

    path = tmp_path / "sink.jsonl"
    SinkFile(path, "id").append([output("a", "first"), output("b", "first")])
    again = SinkFile(path, "id")
    again.append([output("b", "second"), output("c", "second"), output("c", "third")])
    assert [(r["id"], r["text"]) for r in read_lines(path)] == [
        ("a", "first"),
        ("b", "first"),
        ("c", "second"),
    ]
    assert again.written == {"d": 1}
    assert again.repeated == {"d": 1}
