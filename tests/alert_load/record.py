"""Alerts into the server while its parts are killed, and how fast it answers then.

In `tests/`: `../.venv/bin/python -m alert_load.record` writes `bench/results/alert_store.json`,
from which `docs/performance.md` is made.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from confluent_kafka import Producer

import postgresql
from alert_load.asked import figures, times
from alert_load.kills import CONSOLE, Ingested, ingested, place
from alert_load.made import UNREADABLE, alerts
from alert_load.proof import compared, sent
from alert_load.serving import servers
from bench.contenders import ROOT
from bench.machine import described
from deployments.engine_kills import kill
from tocsin_engines import running
from tocsin_kafka import topics
from tocsin_server.database import Database

RECORD = ROOT / "bench" / "results" / "alert_store.json"
TOPIC, PARTITIONS, SERVERS = "tocsin.alerts", 4, 2
AGAIN = 0.01
"""So many alerts are sent twice, as by a worker that was killed."""
POSTGRESQL = "-c shared_buffers=512MB -c max_wal_size=4GB"


def made(number: int) -> list[bytes]:
    """What is sent: alerts, some of them again, and now and then something else."""
    found = list(alerts(number, time.time_ns() // 1_000_000))
    every = max(1, int(1 / AGAIN))
    return [
        each
        for n, body in enumerate(found)
        for each in (
            [body] + [found[n // 2]] * (n % every == 0) + [UNREADABLE] * (n % 100_000 == 0)
        )
    ]


def on_postgresql(number: int, kills: int, requests: int) -> dict[str, Any]:
    """From a topic, with two servers; servers, database and broker are killed by turns."""
    bodies, name = made(number), f"alerts-{uuid4().hex[:8]}"
    with (
        TemporaryDirectory(prefix="tocsin-load-") as folder,
        postgresql.running(POSTGRESQL) as server,
        running(["kafka"], name=name) as engines,
    ):
        bootstrap = engines.addresses["kafka"]
        topics.create(bootstrap, [TOPIC], partitions=PARTITIONS)
        sending = threading.Thread(target=send, args=(bootstrap, bodies))
        database = Database(server.address)
        with servers(Path(folder) / "p", "prod", server.address, bootstrap) as serving:
            for _ in range(SERVERS):
                serving.start()
            sending.start()

            def restart() -> None:
                server.kill()
                time.sleep(2)
                server.start()

            order = [
                ("server", serving.kill),
                ("database", restart),
                ("server", serving.kill),
                ("broker", lambda: kill(name, "kafka", "kafka")),
            ]
            told = ingested(lambda: place(database), len(bodies), order, kills)
            sending.join()
            proved = compared(database, sent(bodies))
            cpu = serving.stop()
            asked = api(database, serving.start, requests)
        database.close()
    return {"alerts": number, "records": len(bodies), **proved, **writing(told, cpu), **asked}


def on_sqlite(number: int, kills: int, requests: int) -> dict[str, Any]:
    """From a local worker's file, with one server, which is killed."""
    bodies = made(number)
    with TemporaryDirectory(prefix="tocsin-load-") as folder:
        address, project = f"sqlite:///{folder}/alerts.db", Path(folder) / "p"
        database = Database(address)
        database.upgrade()
        with servers(project, "local", address) as serving:
            file = project / ".tocsin" / "local" / "alerts.jsonl"
            file.parent.mkdir(parents=True)
            file.write_bytes(b"".join(body + b"\n" for body in bodies))
            size = file.stat().st_size
            serving.start()
            told = ingested(lambda: place(database), size, [("server", serving.kill)], kills)
            proved = compared(database, sent(bodies))
            cpu = serving.stop()
            asked = api(database, serving.start, requests)
        database.close()
    mean = size / len(bodies)
    told.samples = [(at, round(bytes_ / mean)) for at, bytes_ in told.samples]
    return {"alerts": number, "records": len(bodies), **proved, **writing(told, cpu), **asked}


def send(bootstrap: str, bodies: list[bytes]) -> None:
    """Into the topic, each record once, whatever happens to the broker."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "message.timeout.ms": 600_000,
            "queue.buffering.max.kbytes": 128 * 1024,
            "log_level": 0,
        }
    )
    for body in bodies:
        while True:
            try:
                producer.produce(TOPIC, body)
                break
            except BufferError:
                producer.poll(0.5)
        producer.poll(0)
    if left := producer.flush(600):
        raise RuntimeError(f"{left} records were not sent")


def writing(told: Ingested, cpu: float) -> dict[str, Any]:
    """Figures of the writing."""
    return {
        "seconds": round(told.samples[-1][0]),
        "a_second": round(told.rate()),
        "a_second_undisturbed": round(told.quiet_rate()),
        "server_cpu_seconds": round(cpu),
        "killed": [what for _, what in told.killed],
    }


def api(database: Database, start: Callable[[], str], requests: int) -> dict[str, Any]:
    """Figures of the API of one server, after everything was written."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    found, streams = times(database, start(), requests)
    return {"streams": streams, "api": figures(found)}


def main() -> None:
    """Run what is asked for, and keep the rest of the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--sqlite", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--only", choices=("postgresql", "sqlite"))
    parser.add_argument("--out", type=Path, default=RECORD)
    asked = parser.parse_args()
    record = json.loads(asked.out.read_text("utf-8")) if asked.out.exists() else {}
    for name, run, number in (
        ("sqlite", on_sqlite, asked.sqlite),
        ("postgresql", on_postgresql, asked.alerts),
    ):
        if asked.only in (None, name):
            told = run(number, asked.kills, asked.requests)
            record[name] = {
                "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
                "machine": described(),
                **told,
            }
            asked.out.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
            CONSOLE.print_json(data=record[name])


if __name__ == "__main__":
    main()
