"""Files of events as they come: what holds the events does not decide whether they are seen."""

import gzip
import io
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from evtx_log import evtx
from tocsin.cli.commands.explain import explain
from tocsin.cli.commands.scan import scan
from tocsin.events.reading import MOST_FINDINGS, EventFiles, pieces, read_events
from tocsin.events.windows import flat
from tocsin_runtime.worker.files import FileStream

FAULTS = Path(__file__).parent
ENGINES = ("evaluator", "matcher", "duckdb")


def scanned(folder: Path, file: str, *options: str, rules: str = "rule.yml") -> Result:
    given = ["--rules", str(folder / rules), "--events", str(folder / file), "--ignore-logsource"]
    return CliRunner().invoke(scan, [*given, *options])


def numbers(result: Result) -> list[int]:
    return [json.loads(line)["event"] for line in result.stdout.splitlines()]


SEEN = [
    ("array-files", "first-line-closes.json", [0, 1], 0),
    ("array-files", "blank-first.json", [0, 1], 0),
    ("array-files", "events.jsonl", [0, 1], 0),
    ("array-files", "one-bad-member.json", [0, 1], 1),
    ("cloudtrail-records", "events.jsonl", [0], 0),
    ("gzip-by-content", "events.jsonl", [0], 0),
    ("gzip-by-content", "events.JSONL.GZ", [0], 0),
    ("pretty-printed-json", "one.json", [0], 0),
    ("pretty-printed-json", "events.jsonl", [0, 1], 0),
    ("utf16-events", "events.jsonl", [0, 1], 0),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("fault", "file", "wanted", "findings"), SEEN)
def test_events_are_seen_whatever_holds_them(
    fault: str, file: str, wanted: list[int], findings: int, engine: str
) -> None:
    result = scanned(FAULTS / fault, file, "--engine", engine)
    assert numbers(result) == wanted
    assert result.stderr.count("error TOC") == findings
    assert result.exit_code == min(findings, 1)


@pytest.mark.parametrize(("fault", "file", "wanted", "findings"), SEEN)
def test_explain_and_worker_read_what_scan_reads(
    fault: str, file: str, wanted: list[int], findings: int
) -> None:
    path = FAULTS / fault / file
    events = read_events([path]).events
    rule = str(FAULTS / fault / "rule.yml")
    result = CliRunner().invoke(explain, [rule, "--event", str(path), "--format", "json"])
    explained = [each["event"] for each in json.loads(result.stdout) if each["matches"]]
    assert explained == wanted
    records = FileStream([path], {}).poll() or []
    assert [orjson.loads(r.value) for r in records if not r.problem] == events
    assert sum(bool(record.problem) for record in records) == findings


@pytest.mark.parametrize("file", ["Security.evtx", "events.jsonl"])
def test_a_file_of_another_kind_is_one_finding(file: str) -> None:
    result = scanned(FAULTS / "binary-floods", file)
    assert result.exit_code == 1
    assert result.stderr.count("error TOC") == 1
    assert "EVTX" in result.stderr
    assert "evtx_dump" in result.stderr


def read(tmp_path: Path, content: bytes, **options: bool) -> EventFiles:
    path = tmp_path / "events"
    path.write_bytes(content)
    return read_events([path], **options)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PAR1\x15\x04" + b"\n\x00" * 999, "Parquet"),
        (b"%PDF-1.7\n" * 99, "PDF"),
        (b"\x7fELF\x02\x01\x01" + b"\n\x00" * 999, "ELF"),
        (b"PK\x03\x04" + b"\n\x00" * 999, "zip"),
        (b"\x28\xb5\x2f\xfd" + b"\n\x00" * 999, "zstd"),
        (b"BZh91AY&SY" + b"\n\x00" * 999, "bzip2"),
        (b"MZ\x90\x00" + b"\n" * 999, "Windows program"),
        (b"\x01\x02\x00" + b"\n" * 999, "binary"),
        (b'<?xml version="1.0"?>\n<Events>\n</Events>\n' * 99, "XML"),
        (b"Nov 30 00:00:00 host sshd[1]: Failed, for root\n" * 99, "text"),
        ("Größe der Datei\n".encode("latin-1") * 99, "not UTF-8"),
        (gzip.compress(gzip.compress(b'{"a": 1}\n', mtime=0), mtime=0), "gzip inside gzip"),
        ('{"a": 1}\n'.encode("utf-32"), "UTF-32"),
    ],
)
def test_the_kind_is_named_once(tmp_path: Path, content: bytes, kind: str) -> None:
    for given in (content, gzip.compress(content, mtime=0)):
        found = read(tmp_path, given)
        assert found.events == []
        [finding] = found.diagnostics
        assert (finding.code, finding.span.line) == ("TOC070", 1)
        assert kind in finding.message or "gzip inside gzip" in finding.message


def test_findings_of_a_file_are_capped_with_their_number(tmp_path: Path) -> None:
    found = read(tmp_path, b'{"a": 1}\n' + b"nonsense\n" * 5000)
    assert found.events == [{"a": 1}]
    assert len(found.diagnostics) == MOST_FINDINGS + 1
    assert found.diagnostics[-1].message == "4980 more problems in this file"


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


@pytest.mark.parametrize(
    ("text", "events", "places"),
    [
        ('{"a": 1\n{"n": 2}\n{"n": 3}\n', [{"n": 2}, {"n": 3}], [(1, 8)]),
        ('{"n": 1}\n{"a": 1\n{"n": 2}\n', [{"n": 1}, {"n": 2}], [(2, 8)]),
        ('{"a": "x\n{"n": 2}\n', [{"n": 2}], [(1, 9)]),
        ('{\n "a": 1\n}\n{\n "a": nope\n}\n{\n "b": 2\n}\n', [{"a": 1}, {"b": 2}], [(5, 7)]),
        ('[\n{"a": 1},\n5,\n{"b": 2}\n]\n[{"c": 3}]', [{"a": 1}, {"b": 2}, {"c": 3}], [(3, 1)]),
        ('[{"a": 1},\n{"b": 2},\n', [{"a": 1}, {"b": 2}], [(3, 1)]),
        ('{\n}\n}\n{"a": 1}\n', [{}, {"a": 1}], [(3, 1)]),
    ],
)
def test_what_is_broken_takes_nothing_with_it(
    tmp_path: Path, text: str, events: list[Any], places: list[tuple[int, int]]
) -> None:
    found = read(tmp_path, text.encode())
    assert found.events == events
    assert [(d.span.line, d.span.column) for d in found.diagnostics] == places


EVENT = {"eventName": "a", "n": 1}
TEXT = json.dumps(EVENT)


@pytest.mark.parametrize(
    "content",
    [
        TEXT + TEXT,
        f"{TEXT} {TEXT}\n",
        f"{TEXT},\n{TEXT},\n",
        f"{TEXT}, {TEXT}\n",
        f"{json.dumps(EVENT, indent=1)},\n{json.dumps(EVENT, indent=1)}",
        f"{json.dumps(EVENT, indent=1)}{json.dumps(EVENT, indent=1)}",
        *(f"\n {TEXT}\n{TEXT}".encode(each) for each in ("utf-16", "utf-16-le", "utf-16-be")),
        "eventName,n\na,1\na,1\n".encode("utf-16-le"),
        "sep=;\neventName;n\na;1\na;1\n",
        '#TYPE System.Management.Automation.PSCustomObject\r\n"eventName","n"\r\na,1\r\na,1\r\n',
        "eventName,n,\na,1,\na,1,\n",
    ],
)
def test_events_in_a_row_are_read_however_they_are_joined(
    tmp_path: Path, content: str | bytes
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    found = read(tmp_path, data)
    assert not found.diagnostics
    assert [{k: str(v) for k, v in e.items()} for e in found.events] == [
        {"eventName": "a", "n": "1"}
    ] * 2
    records = FileStream([tmp_path / "events"], {}).poll() or []
    assert [orjson.loads(record.value) for record in records] == found.events


def test_cells_without_a_name_are_left_out_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, b'Level,Source\nInformation,Security,"An account\nwas made"\nError,x\n')
    assert found.events == [
        {"Level": "Information", "Source": "Security"},
        {"Level": "Error", "Source": "x"},
    ]
    [said] = found.diagnostics
    assert said.message == "a row of 3 cells under a header of 2: the extra cells are ignored"


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


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"#separator \\x09\n#path\tconn\n1.0\tC1\n", "a tab-separated Zeek log"),
        (b"#Software: IIS\n#Fields: date time\n2026-01-01 00:00:00\n", "a W3C log"),
        (b"type=SYSCALL msg=audit(1.0:1): a=b\n", "a Linux audit log"),
        (b"CEF:0|a|b|1|2|n|5|src=1\n", "CEF"),
    ],
)
def test_logs_of_other_forms_are_named(tmp_path: Path, content: bytes, kind: str) -> None:
    [said] = read(tmp_path, content).diagnostics
    assert said.message == f"{kind}, not events"


def test_a_table_is_told_by_its_header(tmp_path: Path) -> None:
    text = 'Channel,EventID,Message\r\nSecurity,4625,"a\r\nb, c"\r\nSystem,,x\r\n1,2\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        found = read(tmp_path, text.encode(encoding))
        assert found.events == [
            {"Channel": "Security", "EventID": "4625", "Message": "a\r\nb, c"},
            {"Channel": "System", "Message": "x"},
        ]
        [finding] = found.diagnostics
        assert (finding.span.line, finding.message) == (5, "a row of 2 cells under a header of 3")
    for mark in ";\t|":
        assert read(tmp_path, f"a{mark}b\n1{mark}2".encode()).events == [{"a": "1", "b": "2"}]


def test_large_files_of_lines_are_not_held(tmp_path: Path) -> None:
    """Of 60 MB of lines, a buffer is in memory when the first event is there."""
    path = tmp_path / "events.jsonl"
    path.write_bytes((b'{"a": "' + b"x" * 6000 + b'"}\n') * 10_000)
    with path.open("rb") as stream:
        next(iter(pieces(stream, Counter())))
        assert stream.tell() < 4_000_000


class Measured(io.BytesIO):
    """Knows the largest piece that it was asked for."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size or 0)
        return super().read(size)

    read1 = read


@pytest.mark.parametrize("content", [b'{\n"a": 1}\n', b"ElfFile\0" + b"\0" * 5000])
def test_what_is_held_whole_takes_memory_for_what_is_there(content: bytes) -> None:
    """A reader that is asked for a gibibyte takes one, in which a process with a limit dies."""
    stream = Measured(content)
    assert list(pieces(stream, Counter()))
    assert 0 < stream.most <= 1 << 20


def test_depth_is_one_limit_on_every_engine(tmp_path: Path) -> None:
    rule = FAULTS / "array-files" / "rule.yml"
    deep = ['{"a":' * depth + "1" + "}" * depth for depth in (300, 100_000)]
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([*deep, '{"a": 1}']))
    for engine in ENGINES:
        given = ["--rules", str(rule), "--events", str(path), "--ignore-logsource"]
        result = CliRunner().invoke(scan, [*given, "--engine", engine])
        assert (numbers(result), result.exit_code) == ([0], 1)
        assert result.stderr.count("error TOC071") == 2


def test_control_characters_do_not_reach_a_terminal() -> None:
    folder = FAULTS / "terminal-escapes"
    table = scanned(folder, "events.jsonl", "--format", "table")
    shown = CliRunner().invoke(explain, [str(folder / "rule.yml"), "--event",
                                         str(folder / "events.jsonl")])  # fmt: skip
    for result in (table, shown):
        assert result.exit_code == 0
        assert "\x1b" not in result.output
        assert "\x07" not in result.output
        assert "RED" in result.output


XML = {
    "Event": {
        "#attributes": {"xmlns": "x"},
        "System": {
            "Provider": {"#attributes": {"Name": "Sysmon"}},
            "EventID": {"#attributes": {"Qualifiers": 7}, "#text": 1},
            "TimeCreated": {"#attributes": {"SystemTime": "2026-01-01T00:00:00Z"}},
            "Channel": "Security",
            "Computer": "pc",
            "Correlation": None,
        },
        "EventData": {"Image": "cmd.exe", "Parent Image": "x", "Channel": "forged"},
    }
}
WINLOG = {
    "@timestamp": "2026-01-01T00:00:00Z",
    "winlog": {
        "channel": "Security",
        "event_id": "1",
        "computer_name": "pc",
        "provider_name": "Sysmon",
        "event_data": {"Image": "cmd.exe", "ParentImage": "x", "Channel": "forged"},
    },
}
FLAT = {
    "Provider_Name": "Sysmon",
    "EventID": 1,
    "Channel": "Security",
    "Computer": "pc",
    "Image": "cmd.exe",
    "ParentImage": "x",
}


LOG = evtx(
    [
        (
            "Event",
            [
                ("System", [("EventID", number), ("Channel", "Security")]),
                ("EventData", [("Image", "cmd.exe")]),
            ],
        )
        for number in ("1", "2")
    ]
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_windows_event_logs_are_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "log"
    path.write_bytes(pack(LOG))
    found = read_events([path])
    names = ("EventID", "Channel", "Image")
    seen = [tuple(event[name] for name in names) for event in found.events]
    assert seen == [("1", "Security", "cmd.exe"), ("2", "Security", "cmd.exe")]
    assert (found.diagnostics, found.read_as) == ([], {"EVTX": 1})
    records = FileStream([path], {}).poll() or []
    assert [orjson.loads(record.value)["Image"] for record in records] == ["cmd.exe"] * 2


def test_a_damaged_record_is_one_finding_and_the_others_are_read(tmp_path: Path) -> None:
    cut = LOG.index("EventID".encode("utf-16-le"))
    found = read(tmp_path, LOG[: cut - 8] + b"\xff" * 8 + LOG[cut:])
    assert 1 <= len(found.diagnostics) <= 2
    assert all("EVTX" in d.message or "record" in d.message for d in found.diagnostics)


@pytest.mark.parametrize(
    ("left", "events"), [(-5, 2), (69_632 + 9, 2), (69_632, 2), (69_631, 0), (4096, 0)]
)
def test_a_log_that_is_cut_short_says_so(tmp_path: Path, left: int, events: int) -> None:
    chunks = (2).to_bytes(2, "little")
    two = LOG[:42] + chunks + LOG[44:] + LOG[4096:]
    assert len(read(tmp_path, two).events) == 4
    found = read(tmp_path, two[:left])
    [said] = found.diagnostics
    wanted = "cut short" if events or left == 4096 else "no record can be read"
    assert (said.code, wanted in said.message) == ("TOC070", True)
    assert len(found.events) == events


def test_without_the_library_one_finding_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evtx", None)
    found = read(tmp_path, LOG)
    [finding] = found.diagnostics
    assert "EVTX" in finding.message
    assert "tocsin[evtx]" in finding.hint


@pytest.mark.parametrize("nested", [XML, WINLOG])
def test_nested_windows_events_have_the_names_of_sigma(
    tmp_path: Path, nested: dict[str, Any]
) -> None:
    content = json.dumps(nested).encode()
    [event] = read(tmp_path, content).events
    assert {name: event[name] for name in FLAT} == FLAT
    assert {name: event[name] for name in nested} == nested
    assert read(tmp_path, content, flatten=False).events == [nested]


XMLTODICT = {
    "Event": {
        "@xmlns": "x",
        "System": {
            "Provider": {"@Name": "Sysmon", "@Guid": "{1}"},
            "EventID": {"@Qualifiers": "", "#text": 1},
            "Channel": "Security",
            "Computer": "pc",
        },
        "EventData": {
            "Data": [
                {"@Name": "Image", "#text": "cmd.exe"},
                {"@Name": "ParentImage", "#text": "x"},
                {"@Name": "Empty"},
            ]
        },
    }
}
APART = {
    "Event": {
        "Event_attributes": {"xmlns": "x"},
        "System": {
            "Provider_attributes": {"Name": "Sysmon"},
            "EventID": 1,
            "EventID_attributes": {"Qualifiers": 0},
            "Channel": "Security",
            "Computer": "pc",
        },
        "EventData": {"Image": "cmd.exe", "ParentImage": "x"},
    }
}
VELOCIRAPTOR = {
    "System": {
        "Provider": {"Name": "Sysmon"},
        "EventID": {"Value": 1},
        "Channel": "Security",
        "Computer": "pc",
    },
    "EventData": {"Image": "cmd.exe", "ParentImage": "x"},
    "Message": "m",
}
DOTTED = {
    "winlog.channel": "Security",
    "winlog.event_id": "1",
    "winlog.computer_name": "pc",
    "winlog.provider_name": "Sysmon",
    "winlog.event_data.Image": "cmd.exe",
    "winlog.event_data.ParentImage": "x",
}
WINLOGBEAT_6 = {
    "log_name": "Security",
    "event_id": 1,
    "computer_name": "pc",
    "source_name": "Sysmon",
    "event_data": {"Image": "cmd.exe", "ParentImage": "x"},
}
WAZUH = {
    "agent": {"name": "a"},
    "data": {
        "win": {
            "system": {
                "eventID": 1,
                "channel": "Security",
                "computer": "pc",
                "providerName": "Sysmon",
            },
            "eventdata": {"image": "cmd.exe", "parentImage": "x", "channel": "forged"},
        }
    },
}


@pytest.mark.parametrize("nested", [XMLTODICT, APART, VELOCIRAPTOR, DOTTED, WINLOGBEAT_6, WAZUH])
def test_layouts_of_other_tools_have_the_names_of_sigma(nested: dict[str, Any]) -> None:
    found = flat(nested)
    assert {name: found[name] for name in FLAT} == FLAT
    assert {name: found[name] for name in nested} == nested
    assert "Empty" not in found


def test_an_event_without_data_has_the_fields_of_its_system() -> None:
    assert flat({"System": {"EventID": {"Value": 0}, "Channel": "c"}})["EventID"] == 0
    assert flat({"EventID": 7, "EventData": {"Image": "a"}})["Image"] == "a"
    assert flat({"System": {"name": "own"}, "win": 1}) == {"System": {"name": "own"}, "win": 1}


def test_a_flat_field_of_the_event_itself_stays() -> None:
    assert flat({**WINLOG, "Channel": "own"})["Channel"] == "own"
    assert flat({"Event": "text", "winlog": 5}) == {"Event": "text", "winlog": 5}


def test_named_data_elements_and_user_data() -> None:
    elements = [{"#attributes": {"Name": "Image"}, "#text": "a"}, "loose"]
    system = {"EventID": 1}
    found = flat({"Event": {"System": system, "EventData": {"Data": elements}}})
    assert (found["Image"], found["Data"]) == ("a", "loose")
    user = {"EventXML": {"#attributes": {"xmlns": "x"}, "Param": "b"}}
    assert flat({"Event": {"System": system, "UserData": user}})["Param"] == "b"


@pytest.mark.shared
def test_flat_names_are_those_of_real_rules(shared: Path) -> None:
    cases = sorted((shared / "corpus" / "regression" / "cases").iterdir())
    compared = 0
    for case in cases:
        raw, wanted = (read_events([case / name]).events for name in ("events.jsonl", "flat.jsonl"))
        for event, names in zip(raw, wanted, strict=True):
            assert {name: event.get(name) for name in names} == names, case.name
            compared += 1
    assert compared > 200
