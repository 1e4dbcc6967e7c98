"""A server on this machine that answers as Flink's REST API and SQL Gateway do.

It has jobs that do nothing: what is tested is what is decided on such answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from unit.tocsin_flink_sql.state.plans import simple

STARTED = 1_700_000_000_000
"""When jobs started, in milliseconds since 1970; ten seconds ago."""


@dataclass
class AnsweredJob:
    """A job that Flink remembers. `checkpoint`: when its last one was made, after it started."""

    id: str
    name: str
    status: str = "RUNNING"
    tasks: tuple[str, ...] = ("RUNNING",)
    failures: tuple[tuple[int, str], ...] = ()
    checkpoint: int | None = 5000
    takes_savepoints: bool = True
    watermarks: tuple[int, ...] = ()
    started: int = STARTED


@dataclass
class AnsweringFlink:
    """Its state.

    `refusals`: what the gateway says to the next statements that start jobs; `starts_as`:
    facts of jobs that are started; `on_refusal`, `on_start`, `on_overview`: what happens then.
    """

    url: str = ""
    jobs: dict[str, AnsweredJob] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    starts_as: dict[str, Any] = field(default_factory=dict)
    savepoints: list[tuple[str, str]] = field(default_factory=list)
    sessions: list[dict[str, str]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    _sessions: dict[int, int] = field(default_factory=dict)
    """Of statements, by their numbers."""
    _lock: Lock = field(default_factory=Lock)
    free: int = 0
    task_managers: int = 1
    on_refusal: Callable[[], object] = lambda: None
    on_start: Callable[[], object] = lambda: None
    on_overview: Callable[[], object] = lambda: None

    def add(self, job: AnsweredJob) -> AnsweredJob:
        self.jobs[job.id] = job
        return job

    def living(self) -> list[str]:
        """The names of jobs that have not ended."""
        ended = ("FINISHED", "CANCELED", "FAILED")
        return sorted(job.name for job in self.jobs.values() if job.status not in ended)

    def cluster(self) -> Any:
        told = {"slots-available": self.free, "taskmanagers": self.task_managers}
        self.on_overview()
        return told

    # --- jobs -------------------------------------------------------------------------------------

    def overview(self) -> Any:
        return {
            "jobs": [
                {"jid": j.id, "name": j.name, "start-time": j.started, "state": j.status}
                | {"tasks": _tasks(j)}
                for j in self.jobs.values()
            ]
        }

    def job(self, id_: str) -> Any:
        job = self.jobs[id_]
        return {
            "jid": id_,
            "name": job.name,
            "state": job.status,
            "now": job.started + 10_000,
            "timestamps": {"RUNNING": job.started},
            "vertices": [
                {"id": f"v{at}", "name": "Source -> Writer", "status": status}
                for at, status in enumerate(job.tasks)
            ],
        }

    def status(self, id_: str) -> Any:
        return {"status": self.jobs[id_].status}

    def exceptions(self, id_: str) -> Any:
        told = [{"timestamp": at, "stacktrace": why} for at, why in self.jobs[id_].failures]
        return {"exceptionHistory": {"entries": told, "truncated": False}}

    def checkpoints(self, id_: str) -> Any:
        job = self.jobs[id_]
        made = job.checkpoint is not None and {"latest_ack_timestamp": job.started + job.checkpoint}
        return {"latest": {"completed": made or None}}

    def metrics(self, id_: str, vertex: str, asked: str | None) -> Any:
        name = "0.Sink__Writer.currentInputWatermark"
        told = self.jobs[id_].watermarks[int(vertex) : int(vertex) + 1]
        return [{"id": name, **({"min": float(mark)} if asked else {})} for mark in told]

    def config(self) -> Any:
        return [{"key": key, "value": value} for key, value in self.settings.items()]

    def stop(self, id_: str, body: Any) -> Any:
        self.savepoints.append((self.jobs[id_].name, body["targetDirectory"]))
        if self.jobs[id_].takes_savepoints:
            self.jobs[id_].status = "FINISHED"
        return {"request-id": "1"}

    def savepoint(self, id_: str) -> Any:
        failure = {"failure-cause": {"stack-trace": "a.BusyException: no time"}}
        told = {} if self.jobs[id_].takes_savepoints else failure
        return {"status": {"id": "COMPLETED"}, "operation": told}

    def cancel(self, id_: str) -> Any:
        self.jobs[id_].status = "CANCELED"
        return {}

    # --- SQL Gateway ------------------------------------------------------------------------------

    def open(self, body: Any) -> Any:
        with self._lock:
            self.sessions.append(body["properties"])
            return {"sessionHandle": str(len(self.sessions) - 1)}

    def execute(self, session: str, body: Any) -> Any:
        with self._lock:
            self.statements.append(body["statement"])
            number = len(self.statements) - 1
            self._sessions[number] = int(session)
        if compiled := re.match(r"COMPILE PLAN 'file://(.+?)'", body["statement"]):
            Path(compiled[1]).write_bytes(simple().encode())
        return {"operationHandle": str(number)}

    def operation(self, number: str) -> Any:
        if self._starts(number) and self.refusals:
            return {"status": "ERROR"}
        return {"status": "FINISHED"}

    def result(self, number: str) -> Any:
        told = {"resultType": "EOS", "results": {"data": []}}
        if not self._starts(number):
            return told
        if self.refusals:
            self.on_refusal()
            return {"errors": ["the statement failed", self.refusals.pop(0)]}
        settings = self.sessions[self._sessions[int(number)]]
        job = settings["$internal.pipeline.job-id"]
        self.add(AnsweredJob(job, settings["pipeline.name"], **self.starts_as))
        self.on_start()
        return {**told, "jobID": job}

    def _starts(self, number: str) -> bool:
        return self.statements[int(number)].startswith(("INSERT", "EXECUTE PLAN"))


def _tasks(job: AnsweredJob) -> dict[str, int]:
    running = job.tasks.count("RUNNING")
    return {"total": len(job.tasks), "running": running, "finished": 0}


def _routes(flink: AnsweringFlink) -> dict[str, Callable[..., Any]]:
    job, gateway = r"/jobs/([\w-]+)", "/v2/sessions"
    return {
        "GET /jobs/overview": flink.overview,
        f"GET {job}/status": flink.status,
        f"GET {job}/exceptions": flink.exceptions,
        f"GET {job}/checkpoints": flink.checkpoints,
        f"GET {job}/savepoints/1": flink.savepoint,
        f"GET {job}": flink.job,
        rf"GET {job}/vertices/v(\d+)/subtasks/metrics(\?agg=min&get=.*)?": flink.metrics,
        "GET /jobmanager/config": flink.config,
        f"POST {job}/stop": flink.stop,
        rf"PATCH {job}\?mode=cancel": flink.cancel,
        "GET /overview": flink.cluster,
        f"POST {gateway}": flink.open,
        rf"DELETE {gateway}/\d+": dict,
        rf"POST {gateway}/(\d+)/statements": flink.execute,
        rf"GET {gateway}/\d+/operations/(\d+)/status": flink.operation,
        rf"GET {gateway}/\d+/operations/(\d+)/result/0\?.*": flink.result,
    }


@contextmanager
def answering_flink() -> Iterator[AnsweringFlink]:
    """One on a free port."""
    flink = AnsweringFlink()
    routes = _routes(flink)

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if self.raw_requestline and self.parse_request():
                self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = f"{self.command} {self.path}"
            found = ((re.fullmatch(route, asked), do) for route, do in routes.items())
            words, do = next((match.groups(), do) for match, do in found if match)
            told = do(*words, *([json.loads(body)] if body else []))
            self.send_response(500 if "errors" in told else 200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        flink.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield flink
        finally:
            server.shutdown()
            thread.join()
