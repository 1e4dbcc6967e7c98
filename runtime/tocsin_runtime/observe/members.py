"""The workers of an environment as observed: members of their group, and their reports."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from tocsin.canonical import digest_bytes
from tocsin.release.entry import Whole
from tocsin.release.keys import RELEASE, worker_key
from tocsin_kafka.admin import Admin, members
from tocsin_runtime.control.reader import Follower
from tocsin_runtime.control.topic import topic_name
from tocsin_runtime.stream.names import group_of

_FRESH_SECONDS = 8.0
"""A worker that lives tells something every two seconds."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker tells of itself. `seen`: digest of the release record that it answers to.

    `without_time`: its matches whose event tells no time, by detection; `muted`: those that raised
    no alert. `left_out`: base matches that do not count, by correlation and reason.
    """

    release: Whole
    canary: Annotated[Whole | None, Field(alias="trial")]
    seen: str
    error: str
    isolated: Mapping[str, str]
    at: Whole
    without_time: Mapping[str, Whole] = field(default_factory=dict)
    muted: Mapping[str, Whole] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, Whole]] = field(default_factory=dict)


_REPORT = TypeAdapter(WorkerReport)


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """A member of the group. `report` is None until it tells something while it is watched."""

    name: str
    report: WorkerReport | None = None
    current: bool = False

    @property
    def error(self) -> str:
        """Why it does not run what the control topic says; empty until it is there."""
        return self.report.error if self.report and self.current else ""

    @property
    def isolated(self) -> Mapping[str, str]:
        """Detections that it has isolated, by id, and why."""
        return self.report.isolated if self.report else {}


class Members:
    """Watches the workers of an environment.

    A report counts once it changes while watched: the last words of a killed worker, which stays
    a member until its session ends, are no sign of life.
    """

    def __init__(self, servers: str, project: str, environment: str) -> None:
        self._group = group_of(project, environment)
        self._admin = Admin(servers)
        self._follower = Follower(servers, topic_name(project, environment))
        self._heard: dict[str, tuple[bytes, float]] = {}

    def close(self) -> None:
        """Let go."""
        self._follower.close()

    @property
    def records(self) -> Mapping[str, bytes]:
        """The control topic as of the last look."""
        return self._follower.records

    def names(self) -> Sequence[str]:
        """Who is in the group now."""
        return members(self._admin, self._group)

    def look(self) -> list[MemberStatus]:
        """The members now, with the reports that count."""
        self._follower.refresh()
        now = time.monotonic()
        expected = digest_bytes(self.records.get(RELEASE, b""))
        return [self._seen(name, now, expected) for name in self.names()]

    def told(self, name: str) -> WorkerReport | None:
        """The last report of a worker, whatever its age."""
        return _report(self.records.get(worker_key(name)))

    def forget(self) -> None:
        """Discard all reports so far: each member has to report again."""
        self._heard.clear()

    def isolated(self) -> set[str]:
        """Detections that a member has isolated, by its last report."""
        self._follower.refresh()
        reports = [report for name in self.names() if (report := self.told(name))]
        return {detection for report in reports for detection in report.isolated}

    def _seen(self, name: str, now: float, expected: str) -> MemberStatus:
        value = self.records.get(worker_key(name), b"")
        before, since = self._heard.get(name, (value, 0.0))
        if value != before:
            since = now
        self._heard[name] = (value, since)
        report = _report(value) if since and now - since < _FRESH_SECONDS else None
        return MemberStatus(name, report, report is not None and report.seen == expected)


def _report(value: bytes | None) -> WorkerReport | None:
    """A report, None for what is none."""
    try:
        return _REPORT.validate_json(value or b"")
    except ValidationError:
        return None
