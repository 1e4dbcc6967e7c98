"""What goes wrong with engines and on the machine."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from authoring import heed_interrupts
from bad_inputs.files import RULE
from bad_inputs.run import Bad, Ended
from patience import SECONDS


@contextmanager
def _taken(folder: Path) -> Iterator[Mapping[str, str]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield {"PORT": str(taken.getsockname()[1]), "TOCSIN_STATE": str(folder / "state")}


@contextmanager
def _state(folder: Path) -> Iterator[Mapping[str, str]]:
    yield {"TOCSIN_STATE": str(folder / "state")}


@contextmanager
def _dead(folder: Path) -> Iterator[Mapping[str, str]]:
    """A cluster that was started and whose processes are gone."""
    place = folder / "state" / "engines" / "default"
    place.mkdir(parents=True)
    child = {"role": "gateway", "pid": 2**22 + 1, "created": 1.0, "log": str(place / "g.log")}
    ports = {"flink": 9, "flink-gateway": 10}
    engines = {"flink": {"ports": ports, "children": [child]}}
    record = {"name": "default", "folder": str(place), "engines": engines}
    (place / "instance.json").write_text(json.dumps(record), "utf-8")
    yield {"TOCSIN_STATE": str(folder / "state")}


@contextmanager
def _stream(folder: Path) -> Iterator[Mapping[str, str]]:
    """The broker of the Kafka worker is not there."""
    del folder
    yield {"BOOTSTRAP": "127.0.0.1:9"}


ENGINES = (
    Bad(
        "an unknown engine", "tocsin engines up kafak", 2, ("kafak", "kafka, flink"), around=_state
    ),
    Bad(
        "a port in use",
        "tocsin engines up kafka --port $PORT",
        2,
        ("already in use",),
        around=_taken,
    ),
    Bad("an impossible port", "tocsin engines up kafka --port 99999", 2, ("65535",), around=_state),
    Bad("a dead Flink gateway", "tocsin engines status flink", 1, ("flink is dead",), around=_dead),
    Bad(
        "a dead Kafka broker",
        "tocsin worker --env stream --until-end",
        2,
        ("no Kafka broker answers at env:BOOTSTRAP", "tocsin engines up kafka"),
        start="project",
        around=_stream,
    ),
    Bad(
        "a setting from a variable that is not set",
        "tocsin worker --env stream --until-end",
        2,
        ("BOOTSTRAP is not set", "export BOOTSTRAP"),
        start="project",
    ),
)


def _interrupt(folder: Path, env: Mapping[str, str]) -> Ended:
    """Ctrl-C while events are evaluated: the broken first line is reported just before."""
    with (folder / "events.jsonl").open("w", encoding="utf-8") as file:
        file.write("broken\n" + '{"action": "payout.update", "actor": {"id": 1}}\n' * 500_000)
    words = ["scan", "--rules", "rule.yml", "--events", "events.jsonl"]
    running = subprocess.Popen(
        [sys.executable, "-m", "tocsin.cli.main", *words],
        cwd=folder,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=heed_interrupts,  # noqa: PLW1509 - no thread runs here
    )
    assert running.stderr
    first = running.stderr.readline()
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=SECONDS)
    return Ended(running.returncode, stdout, first + stderr)


MACHINE = (
    Bad(
        "Ctrl-C during a scan",
        "tocsin scan --rules rule.yml --events events.jsonl  # Ctrl-C",
        130,
        ("interrupted",),
        {"rule.yml": RULE},
        act=_interrupt,
    ),
    Bad(
        "the reader goes away",
        "tocsin validate --format json rule.yml | head -n 1",
        1,
        ("[",),
        {"rule.yml": "title: A\n" + "---\ntitle: B\n" * 500},
    ),
    Bad(
        "stdout is closed", "tocsin validate rule.yml >&-", 0, ("no findings",), {"rule.yml": RULE}
    ),
    Bad(
        "a full disk: report",
        "tocsin validate --format json rule.yml >/dev/full",
        2,
        ("cannot write the output: No space left on device",),
        {"rule.yml": RULE},
    ),
    Bad(
        "a full disk: JUnit",
        "tocsin test --junit /dev/full",
        2,
        ("/dev/full: No space left on device",),
        start="project",
    ),
    Bad(
        "a full disk: plan",
        "tocsin plan --env local --out /dev/full",
        2,
        ("/dev/full: No space left on device",),
        start="project",
    ),
    Bad(
        "a page below a file",
        "tocsin coverage --out README.md/page --env local",
        2,
        ("README.md",),
        start="deployed",
    ),
    Bad(
        "a terminal without UTF-8",
        "PYTHONIOENCODING=ascii tocsin plan --env local",
        0,
        ("1 added",),
        start="project",
    ),
)
