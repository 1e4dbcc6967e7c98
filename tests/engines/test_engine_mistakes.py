"""What a user can get wrong with `tocsin engines`: one message and a hint, nothing started."""

import json
import os
import shutil
import socket
from pathlib import Path

import pytest

from tocsin.errors import EngineError
from tocsin_engines import down, status, up
from tocsin_engines.packages import python_package


@pytest.mark.usefixtures("private_state")
def test_a_wanted_port_in_use_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            EngineError, match=rf"port {port} \(for kafka\): Address already in use"
        ):
            up(("kafka",), ports={"kafka": port})


@pytest.mark.usefixtures("private_state")
@pytest.mark.parametrize(
    ("ports", "message"),
    [
        ({"kafka": 0}, "1 to 65535"),
        ({"kafka": 70000}, "1 to 65535"),
        ({"broker": 9092}, "unknown port 'broker'"),
        ({"kafka": 20011, "kafka-controller": 20011}, "kafka already uses it"),
    ],
)
def test_ports_that_make_no_sense(ports: dict[str, int], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        up(("kafka",), ports=ports)


@pytest.mark.usefixtures("private_state")
def test_an_unknown_engine_names_the_known_ones() -> None:
    for command in (up, down, status):
        with pytest.raises(EngineError, match="unknown engine: kafak") as caught:
            command(("kafak",))
        assert caught.value.hint == "engines: kafka, flink, registry"


@pytest.mark.usefixtures("private_state")
def test_a_name_cannot_leave_the_state_folder() -> None:
    for name in ("../other", "", "a/b", ".hidden"):
        with pytest.raises(EngineError, match="not a name"):
            up(("kafka",), name=name)


@pytest.mark.usefixtures("private_state")
def test_without_java_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineError, match="java was not found") as caught:
        up(("kafka",))
    assert "openjdk-17" in caught.value.hint
    assert [engine.health for engine in status(("kafka",))] == ["stopped"]


@pytest.mark.usefixtures("private_state")
def test_a_java_that_is_too_old_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bin" / "java"
    old.parent.mkdir()
    for told, message in (
        ('openjdk version "11.0.2"', "is Java 11, too old"),
        ("", "does not work"),
    ):
        old.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
        old.chmod(0o700)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        with pytest.raises(EngineError, match=message) as caught:
            up(("kafka",))
        assert "Java 17" in caught.value.hint


def test_a_failed_download_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    with pytest.raises(EngineError, match="could not download tocsin-of-nobody==0") as caught:
        python_package("tocsin-of-nobody==0", "0" * 64, tmp_path)
    assert "was not found in the cache" in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.usefixtures("private_state")
def test_an_empty_cache_needs_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs Java")
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("JAVA_HOME", str(Path(java).resolve().parents[1]))
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MAVEN_HOME", raising=False)
    with pytest.raises(EngineError, match="mvn was not found") as caught:
        up(("kafka",))
    assert "maven" in caught.value.hint


def test_a_state_folder_that_is_a_file_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TOCSIN_STATE", str(tmp_path / "file"))
    with pytest.raises(EngineError, match="cannot write to") as caught:
        up(("kafka",))
    assert "TOCSIN_STATE" in caught.value.hint


def test_a_damaged_state_file_is_one_message(private_state: Path) -> None:
    folder = private_state / "engines" / "broken"
    folder.mkdir(parents=True)
    (folder / "instance.json").write_text("{")
    with pytest.raises(EngineError, match=r"broken/instance\.json"):
        down(name="broken")
    (folder / "instance.json").unlink()


def test_a_process_with_a_recycled_number_is_not_ours(private_state: Path) -> None:
    folder = private_state / "engines" / "old"
    folder.mkdir(parents=True)
    child = {"role": "kafka", "pid": os.getpid(), "created": 1.0, "log": str(folder / "k.log")}
    kafka = {"ports": {"kafka": 1, "kafka-controller": 2}, "children": [child]}
    state = {"name": "old", "folder": str(folder), "engines": {"kafka": kafka}}
    (folder / "instance.json").write_text(json.dumps(state))
    assert [engine.health for engine in status(("kafka",), name="old")] == ["died"]
    assert down(name="old") == ()
    assert [engine.health for engine in status(("kafka",), name="old")] == ["stopped"]
