"""Pages of interfaces: the events are inside an envelope."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from faults.reading import EVENT, TEXT, read
from tocsin_runtime.worker.files import FileStream


@pytest.mark.parametrize(
    ("envelope", "name"),
    [
        ({"Records": [{"a": 1}, {"a": 2}]}, "Records"),
        ({"records": [{"a": 1}, {"a": 2}]}, "records"),
        ({"value": [{"a": 1}, {"a": 2}], "@odata.context": "x", "nextLink": "y"}, "value"),
        ({"entries": [{"a": 1}, {"a": 2}], "nextPageToken": "x"}, "entries"),
        ({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": [{"a": 1}, {"a": 2}]},
         "items"),
        (
            {"took": 1, "timed_out": False, "_shards": {"total": 1}, "hits": {
                "total": {"value": 2}, "hits": [{"_id": "x", "_source": {"a": n}} for n in (1, 2)]
            }},
            "hits",
        ),
    ],
)  # fmt: skip
def test_envelopes_are_opened(tmp_path: Path, envelope: dict[str, Any], name: str) -> None:
    two = [{"a": 1}, {"a": 2}]
    line, pretty = json.dumps(envelope), json.dumps(envelope, indent=1)
    for text, times in ((line, 1), (pretty, 1), (f"{line}\n{line}", 2), (f"[{line},{line}]", 2)):
        found = read(tmp_path, text.encode())
        assert (found.events, found.diagnostics) == (two * times, [])
        assert found.read_as[f"envelopes ({name})"] == times


@pytest.mark.parametrize(
    "event",
    [
        {"value": [{"a": 1}], "name": "x"},
        {"Records": [1, 2]},
        {"items": "text"},
        {"hits": 5},
        {"events": [{"name": "login"}], "actor": {"email": "x"}, "id": {"time": "y"}},
    ],
)
def test_what_only_looks_like_an_envelope_is_an_event(
    tmp_path: Path, event: dict[str, Any]
) -> None:
    assert read(tmp_path, json.dumps(event).encode()).events == [event]


def test_one_bad_member_of_an_envelope_is_one_finding(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"Records": [{"a": 1}, 5, {"a": 2}]}')
    assert found.events == [{"a": 1}, {"a": 2}]
    [finding] = found.diagnostics
    assert finding.message == "Records[1] is not a JSON object but a number"


ONE = {"preview": False, "offset": 0, "result": EVENT}
HIT = {"_index": "i", "_id": "1", "_score": 1, "_source": EVENT}
LOGGED = {"id": "1", "timestamp": 1, "message": TEXT}


@pytest.mark.parametrize(
    "envelope",
    [
        ONE,
        HIT,
        {"preview": False, "init_offset": 0, "messages": [], "fields": [], "results": [EVENT]},
        {"took": 1, "responses": [{"hits": {"hits": [HIT]}, "status": 200}]},
        {"chunk_size": 1, "next_stream_position": 1, "entries": [EVENT]},
        {"Stats": {}, "Schema": [], "Results": [EVENT]},
        {"data": [EVENT], "pagination": {"nextCursor": None}},
        {"result": [EVENT], "result_info": {}, "success": True, "errors": [], "messages": []},
        {"stat": "OK", "response": [EVENT]},
        {"totalSize": 1, "done": True, "records": [EVENT]},
        {"Findings": [EVENT], "NextToken": "x"},
        {"meta": {}, "resources": [EVENT], "errors": []},
        {"Events": [{"EventId": "1", "EventName": "a", "CloudTrailEvent": TEXT}]},
        {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logEvents": [LOGGED]},
        {"events": [LOGGED], "searchedLogStreams": []},
        {"value": [{"records": [EVENT]}]},
    ],
)
def test_envelopes_of_other_products_are_opened(tmp_path: Path, envelope: dict[str, Any]) -> None:
    found = read(tmp_path, json.dumps(envelope).encode())
    assert (found.events, found.diagnostics) == ([EVENT], [])
    records = FileStream([tmp_path / "events"], {}).poll() or []
    assert [orjson.loads(record.value) for record in records] == [EVENT]


@pytest.mark.parametrize(
    "event",
    [
        {"message": "m", "code": 5, "data": [EVENT]},
        {"errors": [EVENT], "data": "x"},
        {"owner": "o", "message": "m", "resources": [EVENT]},
        {"result": EVENT, "status": "ok"},
        {"_source": EVENT},
        {"timestamp": 1, "message": TEXT},
    ],
)
def test_an_event_with_such_names_stays_one(tmp_path: Path, event: dict[str, Any]) -> None:
    assert read(tmp_path, json.dumps(event).encode()).events == [event]
