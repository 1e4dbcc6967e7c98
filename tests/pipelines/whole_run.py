"""The way of a change through all workflows, to a real Kafka, Flink and DuckDB, as a record.

    PYTHONPATH=tests .venv/bin/python -m pipelines.whole_run docs/pipeline-run.md

starts the engines and writes the page; the suite runs the same with TOCSIN_WHOLE=1.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploying import git
from engines.kafka_io import consume, produce
from patience import until
from pipelines.runner import Run
from pipelines.server import Server, content_server
from tocsin.trust.keys import SigningKey
from tocsin_engines import EngineAddresses, running

RELEASE, APPROVE = SigningKey.new(), SigningKey.new()
SETTINGS = """[environments.lake]
kind = "local"
backend = "batch-sql"
path = ".tocsin/lake"
test_on = ["duckdb"]
[environments.stream]
kind = "flink"
backend = "flink-sql"
bootstrap = "env:TOCSIN_STREAM_KAFKA"
gateway = "env:TOCSIN_STREAM_GATEWAY"
rest = "env:TOCSIN_STREAM_FLINK"
storage = "env:TOCSIN_STREAM_STORAGE"
start = "earliest"
partitions = 1
healthy_seconds = 600
test_on = ["flink"]
signing_key = "env:TOCSIN_RELEASE_KEY"
[policy]
trust = "trust.toml"
[policy.environments.stream]
approvers = ["ada", "bob"]
break_glass = ["ada"]
"""
TRUST = f"""[people]
mira = ["mira@example.org", "github:mira"]
ada = ["github:ada-gh"]
bob = ["github:bob-gh"]
[[keys]]
public = "{RELEASE.public.line}"
roles = ["release"]
[[keys]]
public = "{APPROVE.public.line}"
roles = ["approve"]
"""
ALERTS, MATCHES = "tocsin.alerts", "tocsin.matches"
_TOLD = re.compile(
    r"release \d+ of|\d+ approvals? |signed|policy of|as released|breaks the glass|muted|"
    r"ready|needs work|comment|passed|digests and chain|review recorded"
)


@dataclass
class Story:
    """What was done, as lines of the page."""

    server: Server
    lines: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """A line about what a person does, or what is seen."""
        self.lines.append(f"# {text}")
        self.begun = time.monotonic()

    def ran(self, words: str, made: Run, *, ok: bool = True) -> Run:
        """A run, its jobs, and what they said that matters."""
        seconds, self.begun = time.monotonic() - self.begun, time.monotonic()
        self.lines.append(f"$ {words}    # {seconds:.0f} s")
        self.lines += [f"  {name}: {how}" for name, how in made.results.items() if how != "skipped"]
        told = dict.fromkeys(line.rstrip() for line in made.said.splitlines() if _TOLD.search(line))
        self.lines += [f"    {line[:150]}" for line in told]
        assert made.ok is ok, made.said
        return made

    def deploy(self, actor: str, **inputs: object) -> Run:
        """The workflow `deploy`, as a push starts it, or with inputs as a person does."""
        words = " ".join(f"{name}={value}" for name, value in inputs.items())
        made = self.server.started("deploy", self.server.main, actor, inputs=inputs)
        return self.ran(f"deploy {words}({actor})".replace("(", " ("), made)

    def by_hand(self, workflow: str, actor: str, **inputs: object) -> Run:
        """A workflow that a person starts."""
        words = " ".join(f"{name}={value}" for name, value in inputs.items())
        made = self.server.started(workflow, self.server.main, actor, inputs=inputs)
        return self.ran(f"{workflow} {words} ({actor})", made)


@dataclass
class Stream:
    """Events into the source's topic, and what comes of them."""

    servers: str
    sent: int = 0

    def grant(self) -> str:
        """An event that the detection finds; its id."""
        self.sent += 1
        now = datetime.now(UTC)
        event = {"event_id": f"grant-{self.sent}", "time": f"{now:%Y-%m-%dT%H:%M:%S.000Z}"}
        event |= {"action": "role.grant", "outcome": "success", "actor.id": "mallory"}
        event |= {"target.role": "org:admin", "target.id": f"account-{self.sent}"}
        produce(self.servers, "app.audit", [json.dumps(event)])
        return event["event_id"]

    def has(self, topic: str, event: str) -> bool:
        """Whether a record of this topic names the event."""
        return any(event in record for record in consume(self.servers, topic))


def whole_run(folder: Path, engines: EngineAddresses) -> list[str]:
    """All of it; the lines of the page."""
    (folder / "storage").mkdir()
    named = {
        "TOCSIN_STREAM_KAFKA": engines.addresses["kafka"],
        "TOCSIN_STREAM_GATEWAY": engines.addresses["flink_gateway"],
        "TOCSIN_STREAM_FLINK": engines.addresses["flink_rest"],
        "TOCSIN_STREAM_STORAGE": str(folder / "storage"),
    }
    addresses = "".join(f"{name}={value}\n" for name, value in named.items())
    secrets = {
        "stream": {"TOCSIN_ADDRESSES": addresses, "TOCSIN_RELEASE_KEY": RELEASE.text().decode()},
        "approvals": {"TOCSIN_APPROVE_KEY": APPROVE.text().decode()},
    }
    with content_server(folder, SETTINGS, secrets) as server:
        (server.work / "trust.toml").write_text(TRUST)
        _two_environments(server.work / ".github/workflows")
        server.begin()
        return _story(Story(server), Stream(named["TOCSIN_STREAM_KAFKA"]), named)


def _two_environments(workflows: Path) -> None:
    """In place of the one that `init` writes: as its comments say, a job for each."""
    file = workflows / "deploy.yml"
    head, _, job = file.read_text().partition("  prod:\n")
    lake = "  lake:\n" + job.replace("environment: prod", "environment: lake")
    stream = "  stream:\n    needs: lake\n" + job.replace(
        "environment: prod", "environment: stream"
    )
    file.write_text(head + lake + stream)
    for name in ("rollback", "promote", "mute", "agree"):
        file = workflows / f"{name}.yml"
        file.write_text(file.read_text().replace("options: [prod]", "options: [lake, stream]"))


def _story(story: Story, stream: Stream, addresses: dict[str, str]) -> list[str]:
    server = story.server
    story.say("ada starts the first deployment: nothing was reviewed yet, so she breaks the glass")
    story.deploy("ada-gh", first=True, emergency="the first deployment")
    with _worker(server.work, addresses):
        event = stream.grant()
        until(lambda: stream.has(ALERTS, event), "the alert")
        story.say(f"event {event} is an alert")
        _change(story)
        event = stream.grant()
        until(lambda: stream.has(ALERTS, event), "the alert of the new version")
        story.say(f"event {event} is an alert of version 2")
        _promote(story)
        story.by_hand(
            "rollback", "ada-gh", environment="stream", to="1", detection="", emergency="too many"
        )
        _mute(story, stream)
        story.say("bob agrees afterwards with what ada let through alone")
        blank = {"detection": "", "plan": ""}
        for release in ("1", "3", "4"):
            story.by_hand(
                "agree", "bob-gh", environment="stream", what="emergency", to=release, **blank
            )
    return story.lines


def _change(story: Story) -> None:
    server = story.server
    server.edit("action: role.grant", "action: [role.grant, role.give]")
    server.edit("  alert:", "  deploy: {lake: shadow}\n  alert:")
    story.say("mira proposes to find more, and to try it in the lake first")
    review = story.ran("review (pull request of mira)", server.proposed("find more"))
    comment = server.commented(review)
    story.ran("comment (by the run of review)", server.forge.runs[server.number])
    story.lines.append(f"<comment>{comment}</comment>")
    story.say("ada approves it on the forge")
    story.ran("reviewed, approve (by the review of ada-gh)", server.reviewed("ada-gh"))
    server.merged()
    story.say("mira merges it")
    story.deploy("mira")


def _promote(story: Story) -> None:
    story.by_hand("promote", "mira", environment="lake", detection="admin_role_granted", force=True)


def _mute(story: Story, stream: Stream) -> None:
    end = datetime.now(UTC) + timedelta(seconds=90)
    story.by_hand(
        "mute",
        "ada-gh",
        environment="stream",
        detection="admin_role_granted",
        hours=0.025,
        reason="a migration",
    )
    event = stream.grant()
    until(lambda: stream.has(MATCHES, event), "the match")
    assert not stream.has(ALERTS, event)
    story.say(f"event {event} is a match, and no alert")
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds() + 30))
    event = stream.grant()
    until(lambda: stream.has(ALERTS, event), "the alert after the mute")
    story.say(f"event {event}, after the mute has ended by itself, is an alert")
    branches = git(story.server.origin, "branch", "--list", "mute/*", "--format=%(refname:short)")
    story.say(f"to be reviewed afterwards: the branch {branches}")


@contextmanager
def _worker(work: Path, addresses: dict[str, str]) -> Iterator[None]:
    words = [sys.executable, "-m", "tocsin.cli.main", "worker", "--env", "stream"]
    trust = ["--trust", str(work / "trust.toml")]
    with subprocess.Popen([*words, *trust], cwd=work, env={**os.environ, **addresses}) as child:
        try:
            yield
        finally:
            child.terminate()


PAGE = """\
# A run of the pipeline

A content repository from `tocsin init --ci github` on a local git server; all steps by its own
workflows, executed as they stand by `tests/pipelines`, with a server that speaks GitHub's API, a
Kafka broker, a Flink cluster and DuckDB. Recorded on {day} with
`PYTHONPATH=tests python -m pipelines.whole_run docs/pipeline-run.md`; the suite runs the same with
`TOCSIN_WHOLE=1`. Behind each workflow stand who starts it and its seconds, on a machine with two
cores that had other work besides.

```text
{told}
```

## The comment on the pull request

````markdown
{comment}
````
"""


def page(lines: list[str]) -> str:
    """The page in docs."""
    text = "\n".join(lines)
    found = re.search(r"<comment>(.*?)</comment>\n?", text, re.DOTALL)
    assert found
    told = text.replace(found[0], "")
    return PAGE.format(day=f"{datetime.now(UTC):%F}", told=told, comment=found[1].strip())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, running(("kafka", "flink"), name="whole") as up:
        Path(sys.argv[1]).write_text(page(whole_run(Path(place), up)))
