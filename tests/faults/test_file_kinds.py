"""Files that hold no events: their kind is said once."""

import gzip
from pathlib import Path

import pytest

from faults.reading import FAULTS, read, scanned
from tocsin.events.reading import MOST_FINDINGS


@pytest.mark.parametrize("file", ["Security.evtx", "events.jsonl"])
def test_a_file_of_another_kind_is_one_finding(file: str) -> None:
    result = scanned(FAULTS / "binary-floods", file)
    assert result.exit_code == 1
    assert result.stderr.count("error TOC") == 1
    assert "EVTX" in result.stderr
    assert "evtx_dump" in result.stderr


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
