"""`tocsin engines`: real brokers and clusters come up, work, and go away."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engines.kafka_io import consume, produce
from patience import SECONDS, until
from tocsin.errors import EngineError
from tocsin_engines import down, lifecycle, running, status, up
from tocsin_engines.state import load

CLI = (sys.executable, "-c", "from tocsin.cli.commands.engines import engines; engines()")


def tocsin_engines(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The commands as a process; would hang if a started engine held on to its outputs."""
    return subprocess.run(
        [*CLI, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.engine
def test_two_brokers_side_by_side_share_nothing(private_state: Path) -> None:
    with running(("kafka",), name="one") as one, running(("kafka",), name="two") as two:
        assert one.addresses["kafka"]
        assert two.addresses["kafka"]
        assert one.addresses["kafka"] != two.addresses["kafka"]
        assert one.logs != two.logs
        produce(one.addresses["kafka"], "t", ["one"])
        produce(two.addresses["kafka"], "t", ["two"])
        assert consume(one.addresses["kafka"], "t") == ["one"]
        assert consume(two.addresses["kafka"], "t") == ["two"]
    assert not list((private_state / "engines").iterdir())


@pytest.mark.engine
def test_the_life_of_an_engine_on_the_command_line(private_state: Path) -> None:
    first = tocsin_engines("up", "kafka", "--format", "json")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert told["started"] == ["kafka"]
    assert told["logs"].startswith(str(private_state))
    # The command has ended; the broker has not, and is found again.
    produce(told["addresses"]["kafka"], "t", ["still here"])
    again = tocsin_engines("up", "kafka")
    assert (again.returncode, "kafka was already running" in again.stdout) == (0, True)
    assert json.loads(tocsin_engines("up", "kafka", "--format", "json").stdout)["started"] == []

    text = tocsin_engines("status", "kafka")
    assert text.returncode == 0
    assert "kafka is healthy" in text.stdout
    assert told["addresses"]["kafka"] in text.stdout
    assert tocsin_engines("status").returncode == 0
    assert tocsin_engines("status", "kafka", "flink").returncode == 1
    look = json.loads(tocsin_engines("status", "kafka", "--format", "json").stdout)["engines"]
    assert [(engine["engine"], engine["health"]) for engine in look] == [("kafka", "healthy")]
    assert "Kafka Server started" in _log(look[0]["logs"])

    psutil.Process(look[0]["pids"]["kafka"]).kill()
    _until_dead(look[0]["pids"]["kafka"])
    dead = tocsin_engines("status", "kafka")
    assert (dead.returncode, "kafka is dead" in dead.stdout) == (1, True)
    assert tocsin_engines("up", "kafka").returncode == 0
    healed = json.loads(tocsin_engines("status", "kafka", "--format", "json").stdout)["engines"][0]
    assert healed["pids"]["kafka"] != look[0]["pids"]["kafka"]

    ended = tocsin_engines("down", "kafka")
    assert (ended.returncode, ended.stdout) == (0, "kafka is down\n")
    assert not psutil.pid_exists(healed["pids"]["kafka"])
    assert not (Path(healed["logs"]).parent / "data").exists()
    assert Path(healed["logs"], "kafka.log").is_file()
    twice = tocsin_engines("down", "kafka")
    assert (twice.returncode, twice.stdout) == (0, "nothing was running\n")
    assert tocsin_engines("status").returncode == 1


@pytest.mark.engine
def test_a_killed_start_is_cleaned_up(private_state: Path) -> None:
    command = subprocess.Popen([*CLI, "up", "kafka"], stdout=subprocess.DEVNULL)
    file = private_state / "engines" / "default" / "instance.json"
    until(lambda: file.exists() and bool(load("default").engines["kafka"].children), pause=0.05)
    command.kill()
    command.wait()
    (broker,) = load("default").engines["kafka"].children
    assert psutil.pid_exists(broker.pid)
    assert down() == ("kafka",)
    assert not psutil.pid_exists(broker.pid)


@pytest.mark.engine
def test_logs_outlive_a_failed_block(private_state: Path) -> None:
    with pytest.raises(ZeroDivisionError), running(("kafka",), name="failed"):
        _ = 1 / 0
    assert (private_state / "engines/failed/kafka/logs/kafka.log").is_file()
    assert [engine.health for engine in status(("kafka",), name="failed")] == ["stopped"]


@pytest.mark.usefixtures("private_state")
@pytest.mark.engine
def test_what_ran_before_is_left_running() -> None:
    before = up(("kafka",), name="mine")
    with running(("kafka",), name="mine") as inside:
        assert inside.addresses["kafka"] == before.addresses["kafka"]
        assert (before.started, inside.started) == (("kafka",), ())
    assert [engine.health for engine in status(("kafka",), name="mine")] == ["healthy"]
    assert down(name="mine") == ("kafka",)


@pytest.mark.usefixtures("private_state")
@pytest.mark.engine
def test_a_full_cache_needs_no_maven(monkeypatch: pytest.MonkeyPatch) -> None:
    java = shutil.which("java")
    assert java
    with running(("kafka",), name="online") as online:
        assert online.addresses["kafka"]
    monkeypatch.setenv("JAVA_HOME", str(Path(java).resolve().parents[1]))
    monkeypatch.setenv("PATH", "")
    with running(("kafka",), name="offline") as offline:
        assert offline.addresses["kafka"]


@pytest.mark.engine
def test_a_broker_that_dies_at_its_start_shows_its_log(
    private_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if another program took the port after we looked.
    monkeypatch.setattr(lifecycle, "check", lambda _: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match="Address already in use") as caught:
            up(("kafka",), name="unlucky", ports={"kafka": port})
    log = private_state / "engines" / "unlucky" / "kafka" / "logs" / "kafka.log"
    assert str(log) in caught.value.hint
    assert log.is_file()
    assert "\tat " not in caught.value.message
    assert [engine.health for engine in status(("kafka",), name="unlucky")] == ["stopped"]


def _log(folder: str) -> str:
    return Path(folder, "kafka.log").read_text(encoding="utf-8")


def _until_dead(pid: int) -> None:
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=SECONDS)


@pytest.mark.engine
def test_a_terminated_run_leaves_no_engine(tmp_path: Path) -> None:
    """`tocsin test` that is asked to end stops the broker that it started."""
    env = {**os.environ, "TOCSIN_STATE": str(tmp_path), "TOCSIN_ENGINES": "terminated"}
    command = [sys.executable, "-m", "tocsin.cli.main", "test", "--engine", "kafka"]
    content = Path(__file__).parents[2] / "detections"
    child = subprocess.Popen(command, cwd=content, env=env, stderr=subprocess.DEVNULL)
    record = tmp_path / "engines" / "terminated" / "instance.json"
    until(record.exists)
    child.terminate()
    assert child.wait(SECONDS) == 128 + signal.SIGTERM
    assert not [
        p
        for p in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(p.info["cmdline"] or ())
    ]
