"""An environment on Flink through the commands: a heavy detection, changes by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deployments.record_isolation import POISON, poisoned
from engines.flink_site import FlinkSite, flink_site
from modes import identity
from patience import until
from tocsin.release.keys import RELEASE, artifact_key
from tocsin.release.record import ReleaseRecord
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway
from tocsin_kafka import topics
from tocsin_runtime.control.reader import read
from tocsin_runtime.control.writer import ControlWriter

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def site(
    endpoints: EngineAddresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlinkSite]:
    """One environment, which the tests take further in their order."""
    with flink_site(endpoints, tmp_path_factory.mktemp("flink")) as made:
        made.rule("every", "{action|exists: true}")
        made.rule("hit", "{action: hit}")
        made.rule("poison", "{action: never}")
        for name, count in (("few", 3), ("many", 50)):
            made.burst(name, "hit", count)
        made.run("apply", "--yes")
        yield made


def event(number: int, note: str = "") -> dict[str, str]:
    """A hit."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {"id": f"e{number}", "at": at, "action": "hit", "user": "ann", "note": note}


def found(site: FlinkSite, name: str, mark: str = "") -> Counter[int]:
    """How often a detection was found, by offset."""
    own = identity(name) + mark
    return Counter(r["offset"] for r in site.written("found") if r["detection_id"] == own)


def test_what_is_released_runs(site: FlinkSite) -> None:
    # Jobs find matches, and nobody makes alerts of them.
    assert site.findings() == ["no-worker"]
    assert site.pipelines() == ["audit", "few", "many"]
    assert "Nothing to do" in site.run("plan", "--resolve").output


def test_missing_task_slots_are_told_before_anything_is_started(site: FlinkSite) -> None:
    settings = site.root / "tocsin.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f"{text}parallelism = 1000\n", "utf-8")
    site.burst("more", "hit", 5)
    # Nothing is waited for: `healthy_seconds` of this environment are a quarter of an hour.
    said = str(site.invoke("apply", "--yes").exception)
    assert "the rollout needs 1000 free task slots, Flink has" in said
    assert "release 1 keeps running" in said
    settings.write_text(text, "utf-8")
    (site.root / "rules" / "more.yml").unlink()
    assert site.findings() == ["no-worker"]
    assert site.pipelines() == ["audit", "few", "many"]


def test_a_poisoned_detection_is_set_apart_and_its_neighbours_go_on(site: FlinkSite) -> None:
    site.rule("poison", POISON, mode="shadow")  # beside the live one
    site.run("apply", "--yes")
    events = poisoned(0)
    site.feed(events)

    def isolated() -> bool:
        return any(row["reason"].startswith("isolated") for row in site.written("refused"))

    until(isolated, "the poisoned detection")
    until(lambda: len(found(site, "every")) == len(events), "the matches of its neighbour")
    assert set(found(site, "every").values()) == {1}
    # What is told of a job is some seconds old.
    until(
        lambda: "detection isolated: poison~shadow" in site.invoke("status").output, "the finding"
    )
    _, told = site.status(code=1)["findings"]
    assert (told["kind"], told["subject"]) == ("detection-isolated", "poison~shadow")


def test_the_plan_gives_it_a_job_of_its_own(site: FlinkSite) -> None:
    plan = site.run("plan", "--resolve").output
    assert "~ poison~shadow v2 · isolated" in plan
    assert "isolated from other detections" in plan
    site.run("apply", "--yes")
    assert site.pipelines() == ["audit/poison~shadow", "audit", "few", "many"]
    site.feed([event(40), event(41, "so a" + "x" * 1800 + "b")])
    until(
        lambda: found(site, "poison", "~shadow") == Counter([41]),
        "a match of the isolated detection",
    )
    until(lambda: len(found(site, "every")) == 42, "the matches of its neighbour")
    assert set(found(site, "every").values()) == {1}
    assert site.findings() == ["no-worker"]


def test_what_was_changed_by_hand_is_named_and_mended(site: FlinkSite) -> None:
    change_by_hand(site)
    said = site.status(code=1)
    assert {(f["kind"], f["subject"].split("@")[0].split("/")[-1]) for f in said["findings"]} == {
        ("no-worker", f"tocsin.{site.project}.prod"),
        ("job-missing", "poison~shadow"),
        ("job-foreign", "ghost"),
        ("job-other-version", "few"),
        ("job-duplicate", "many"),
        ("plan-altered", "many"),
        ("jar-altered", "audit"),
        ("jar-altered", "poison~shadow"),
        ("topic-altered", site.topic("found")),
        ("release-altered", site.topic("control")),
        ("control-altered", site.topic("control")),
    }
    assert {(d["key"], d["drift"]) for d in said["drift"]} == {
        ("every", "missing"),
        ("many", "altered"),
        ("few", "altered"),
        ("", "foreign"),
    }
    fix = site.run("status", "--fix").output
    assert fix.count("! ") >= 13
    site.run("apply", "--yes")
    assert site.status(code=1)["drift"] == []
    assert site.findings() == ["no-worker"]
    assert site.pipelines() == ["audit/poison~shadow", "audit", "few", "many"]
    site.feed(event(n) for n in range(42, 45))
    until(lambda: len(found(site, "every")) == 45, "matches after all was mended")
    # Each quote of it is four characters in the record of its match.
    site.feed([event(45, '"' * 400_000)])
    until(lambda: len(found(site, "every")) == 46, "the match of a large event")
    assert set(found(site, "every").values()) == {1}


def change_by_hand(site: FlinkSite) -> None:
    """All that somebody may do to a release beside Tocsin, at once."""
    by_pipeline = dict(zip(site.pipelines(), site.jobs(), strict=True))
    with ClusterRest(site.endpoints.addresses["flink_rest"]) as cluster:
        for pipeline in ("few", "audit/poison~shadow"):
            cluster.cancel(by_pipeline[pipeline].id)
    prefix = f"tocsin/{site.project}/prod"
    for name in (
        f"{prefix}/ghost@{'0' * 12}",
        f"{prefix}/few@{'1' * 12}",
        by_pipeline["many"].name,
    ):
        another_job(site, name)
    [plan] = site.storage.glob("**/many/**/plans/*.json")
    plan.write_text("{}")
    for jar in site.storage.rglob("*.jar"):
        jar.write_bytes(b"no jar")
    table = ReleaseRecord.decode(read(site.servers, site.topic("control"))[RELEASE])
    live = {entry.key: entry for entry in table.detections}
    every, many = live["every"], live["many"]
    live["few"] = replace(live["few"], mode="shadow")
    wrong = ReleaseRecord("prod", table.release, tuple(live.values()), cutovers=table.cutovers)
    writer = ControlWriter(site.servers, site.project, "prod")
    writer.put(
        {
            RELEASE: wrong.encode(),
            artifact_key(every.artifact): None,
            artifact_key(many.artifact): b"not what was released",
            artifact_key("0" * 64): b"foreign",
        }
    )
    topics.restore(site.servers, [site.topic("found")], {"cleanup.policy": "compact"})
    topics.restore(site.servers, [site.topic("control")], {"cleanup.policy": "delete"})


def another_job(site: FlinkSite, name: str) -> None:
    """Somebody starts a job that bears one of our names."""
    settings = {"pipeline.name": name, "execution.runtime-mode": "streaming"}
    with Gateway(site.endpoints.addresses["flink_gateway"], settings=settings) as gateway:
        gateway.execute(
            "CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')"
        )
        gateway.execute("CREATE TABLE nothing (n INT) WITH ('connector' = 'blackhole')")
        gateway.submit_job("INSERT INTO nothing SELECT n FROM numbers")
