"""The jobs of a release by pipeline, the folder that they share, and their snapshots."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.editions import BURSTS, HAT, HIT, MARK, Book, Edition, compiled, identity
from tocsin.backend.streaming import Rollout, StreamEnvironment
from tocsin.canonical import digest_bytes
from tocsin.errors import ConfigError, EngineError
from tocsin.release.cutover import Cutover
from tocsin.release.state_decision import Fate, StateDecision
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.deploy.generations import Generations, Step
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, JobSpec, PackJob, job_specs
from tocsin_flink_sql.deploy.rollout_plan import StepKind, plain_cuts, plan_rollout
from tocsin_flink_sql.state.snapshots import MAGIC, prune, snapshots
from tocsin_flink_sql.state.source_offsets import positions
from tocsin_flink_sql.state.storage import Generation, Storage

TOPIC = "audit"
FIRST = Edition(1, {"ra": "a", "rb": "b"})


def specs(edition: Edition) -> dict[str, JobSpec]:
    book = compiled(edition, TOPIC)
    return job_specs(book.entries, book.bodies)


# --- jobs -----------------------------------------------------------------------------------------


def test_a_source_is_one_job_and_so_is_every_correlation() -> None:
    found = specs(FIRST)
    assert list(found) == ["audit", "burst"]
    assert isinstance(found["audit"], PackJob)
    assert isinstance(found["burst"], CorrelationJob)
    assert found["audit"].detections == {identity(key) for key in (MARK, HIT, HAT, "ra", "rb")}
    assert {spec.topics for spec in found.values()} == {(TOPIC,)}


def test_an_isolated_detection_has_a_job_of_its_own() -> None:
    found = specs(replace(FIRST, isolated="ra"))
    assert list(found) == ["audit", "audit/ra", "burst"]
    assert found["audit/ra"].detections == {identity("ra")}
    assert identity("ra") not in found["audit"].detections


def test_versions_tell_what_changed() -> None:
    first, same, other = (specs(e) for e in (FIRST, FIRST, replace(FIRST, threshold=5)))
    assert {s: spec.version for s, spec in first.items()} == {s: j.version for s, j in same.items()}
    assert first["audit"].version == other["audit"].version
    assert first["burst"].version != other["burst"].version
    assert first["audit"].version != specs(replace(FIRST, number=2))["audit"].version


def test_modes_do_not_matter() -> None:
    book = compiled(FIRST, TOPIC)
    shadows = [replace(entry, mode="shadow") for entry in book.entries]
    assert job_specs(shadows, book.bodies)["audit"].version == specs(FIRST)["audit"].version


def test_bytes_that_are_no_artifact_are_told() -> None:
    book = compiled(FIRST, TOPIC)
    damaged = dict.fromkeys(book.bodies, b"{}")
    with pytest.raises(EngineError, match="is not one of flink-sql"):
        job_specs(book.entries, damaged)


# --- names ----------------------------------------------------------------------------------------


def place(root: Path) -> StreamEnvironment:
    where = {"gateway": "http://g", "rest": "http://r", "storage": str(root)}
    return StreamEnvironment(project="shop", environment="live", kafka="k:1", **where)


def site(root: Path) -> Site:
    return Site.of(place(root))


def test_names_of_jobs_are_read_as_they_are_made(tmp_path: Path) -> None:
    here = site(tmp_path)
    for pipeline, spec in specs(replace(FIRST, isolated="ra")).items():
        assert here.pipeline_of(here.name(spec)) == (pipeline, spec.version[:12])
    assert here.pipeline_of("tocsin/shop/other/audit@0123456789ab") is None
    assert here.pipeline_of("tocsin/shop/live/audit@0123") is None


@pytest.mark.parametrize("key", ["gateway", "rest", "storage"])
def test_what_is_not_set_is_told(key: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"has no `{key}`"):
        Site.of(replace(place(tmp_path), **{key: ""}))


def test_a_storage_elsewhere_is_refused(tmp_path: Path) -> None:
    assert Storage.of(tmp_path.as_uri(), "p", "e") == Storage.of(str(tmp_path), "p", "e")
    with pytest.raises(ConfigError, match="not a folder of this machine"):
        Storage.of("s3://bucket/x", "p", "e")


@pytest.mark.parametrize("name", ["a b", "50%", "Flink#1", "naïve", "file:///x%20y"])
def test_a_storage_that_flink_reads_otherwise_is_refused(name: str, tmp_path: Path) -> None:
    place = name if name.startswith("file:") else str(tmp_path / name)
    with pytest.raises(ConfigError, match="does not read as they are"):
        Storage.of(place, "p", "e")


# --- storage --------------------------------------------------------------------------------------


def test_generations_begin_serve_and_end(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    first = storage.begin("audit/ra", 1, 1000, "earliest")
    later = storage.begin("audit/ra", 2, 900, "77")
    first.serve("v1")
    later.serve("v2")
    assert storage.pipelines() == ["audit/ra"]
    assert storage.generations("audit/ra") == [first, later]
    assert storage.serving("audit/ra", "v1") == first
    assert storage.made_by("audit/ra", 2) == storage.newest("audit/ra") == later
    assert (first.start, later.start) == ("earliest", "77")
    storage.end("audit/ra", later)
    assert storage.generations("audit/ra") == [first]
    storage.end("audit/ra", first)
    assert storage.pipelines() == []


PIPELINES = (
    "a~shadow",
    "audit/ra~shadow",
    "audit~ra",
    "audit/ra",
    "a~2fb",
    "naïve 火",
    ".x",
    "a%2F",
)


def test_any_name_of_a_pipeline_is_read_back(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    made = {pipeline: storage.begin(pipeline, 1, 1, "earliest") for pipeline in PIPELINES}
    assert storage.pipelines() == sorted(PIPELINES)
    for pipeline, generation in made.items():
        assert storage.generations(pipeline) == [generation]
        # Flink unescapes some URIs and others not: nothing in one may need that.
        assert generation.folder.as_uri() == f"file://{generation.folder}"
    storage.end("a~shadow", made["a~shadow"])
    assert storage.pipelines() == sorted(PIPELINES[1:])


def test_a_cut_is_remembered(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("burst", 1, 1, "earliest")
    assert generation.cut is None
    generation.set_cut(42)
    assert generation.cut == 42


def test_damaged_files_are_none(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    generation = storage.begin("burst", 1, 1, "earliest")
    generation.keep_plan("v1", b"{}")
    assert generation.plan("v1") == b"{}"
    (generation.plans / "v1.json").write_bytes(b"{ }")
    assert generation.plan("v1") is None
    assert not storage.has_jar(b"jar")
    file = storage.jar(b"jar")
    assert storage.has_jar(b"jar")
    file.write_bytes(b"rot")
    assert not storage.has_jar(b"jar")
    assert storage.jar(b"jar").read_bytes() == b"jar"
    (file.parent / "jar.1.new").write_bytes(b"of a killed write")
    storage.keep_jars([])
    assert not list(file.parent.iterdir())


def test_jobs_that_start_beside_each_other_write_one_jar(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    jars = [bytes([n]) * 100_000 for n in range(20)]
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(storage.jar, [jar for jar in jars for _ in range(4)]))
    assert {file.read_bytes() for file in written} == set(jars)
    assert set((tmp_path / "jars").iterdir()) == set(written)


# --- snapshots ------------------------------------------------------------------------------------


def made(generation: Generation, folder: str, number: int, magic: int = MAGIC) -> Path:
    """A snapshot as Flink leaves it, as far as its first bytes tell."""
    place = generation.folder / folder
    place.mkdir(parents=True)
    (place / "_metadata").write_bytes(struct.pack(">iiq", magic, 6, number) + b"state")
    return place


def test_the_newest_snapshot_is_that_of_the_highest_number(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    made(generation, "checkpoints/job1/chk-9", 9)
    savepoint = made(generation, "savepoints/savepoint-1", 12)
    made(generation, "checkpoints/job2/chk-11", 11)
    (generation.checkpoints / "job2/chk-13").mkdir()
    made(generation, "savepoints/other", 99, magic=7)
    assert [each.number for each in snapshots(generation)] == [12, 11, 9]
    assert snapshots(generation)[0].uri == savepoint.as_uri()


def test_old_snapshots_go_but_not_those_of_a_running_job(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    for number in range(1, 6):
        made(generation, f"checkpoints/job{number}/chk-{number}", number)
    prune(generation, 2, {"job1"})
    assert [each.number for each in snapshots(generation)] == [5, 4, 1]


# --- steps ----------------------------------------------------------------------------------------


def book_move(
    release: int, before: Edition | None, after: Edition, verdict: StateDecision
) -> Rollout:
    old = compiled(before, TOPIC) if before else Book((), {}, {})
    new = compiled(after, TOPIC)
    verdicts = {identity(BURSTS): verdict}
    return Rollout(release, old.entries, new.entries, {**old.bodies, **new.bodies}, verdicts)


def never(_: bytes, __: bytes) -> StateDecision:
    raise AssertionError("the move brings its verdicts")


KEEP, REPLAY = StateDecision(Fate.KEEP, ""), StateDecision(Fate.REPLAY, "", replay_ms=4000)
SECOND = replace(FIRST, number=2, threshold=5)


def prepared(at: Site, move: Rollout) -> list[Step]:
    return Generations(at).of(plan_rollout(move, never), move.release)


def burst(found: list[Step]) -> Step:
    return next(step for step in found if step.after.pipeline == "burst")


def test_kept_state_stays_in_its_generation(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = prepared(at, book_move(1, None, FIRST, KEEP))
    second = prepared(at, book_move(2, FIRST, SECOND, KEEP))
    assert [step.generation for step in first] == [step.generation for step in second]
    assert not any(step.blue_green or step.same for step in second)


def test_other_state_is_another_generation_the_same_whenever_asked(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, book_move(1, None, FIRST, KEEP)))
    move = book_move(2, FIRST, SECOND, REPLAY)
    second, again = burst(prepared(at, move)), burst(prepared(at, move))
    assert second == again
    assert second.blue_green
    assert second.old == first.generation != second.generation
    assert int(second.generation.start) > 0


def test_a_change_back_after_a_replay_is_a_generation_of_its_own(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, book_move(1, None, FIRST, KEEP)))
    second = burst(prepared(at, book_move(2, FIRST, SECOND, REPLAY)))
    third = burst(prepared(at, book_move(3, SECOND, FIRST, REPLAY)))
    assert len({each.generation for each in (first, second, third)}) == 3
    assert third.old == second.generation


def test_a_change_has_a_way_back_once_its_cut_is_sure(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = burst(prepared(at, book_move(1, None, FIRST, KEEP)))
    first.generation.set_cut(7)
    move = book_move(2, FIRST, SECOND, REPLAY)
    second = burst(prepared(at, move))
    assert list(Generations(at).back(move)) == []
    second.generation.set_cut(42)
    [back] = Generations(at).back(move)
    assert (back.after, back.before) == (second.before, second.after)
    assert (back.generation, back.old) == (first.generation, second.generation)
    assert back.blue_green
    assert back.generation.cut is None  # that of its own beginning is over


def test_an_impossible_wish_is_refused(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, book_move(1, None, FIRST, KEEP))
    with pytest.raises(EngineError, match="cannot be"):
        prepared(
            at, book_move(2, FIRST, SECOND, StateDecision(Fate.KEEP, "", problem="it cannot be"))
        )


def test_versions_that_never_run_together_both_count(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, book_move(1, None, FIRST, KEEP))
    kept, replayed = (book_move(2, FIRST, SECOND, v) for v in (KEEP, REPLAY))
    old, new = compiled(FIRST, TOPIC).queries, compiled(SECOND, TOPIC).queries
    cuts = [Cutover(identity(k), old[k].logic, new[k].logic) for k in (MARK, BURSTS)]
    assert set(plain_cuts(plan_rollout(kept, never), kept)) == set(cuts)
    assert set(plain_cuts(plan_rollout(replayed, never), replayed)) == set(cuts[:1])


def test_an_artifact_is_the_version_of_a_correlation() -> None:
    spec = specs(FIRST)["burst"]
    assert isinstance(spec, CorrelationJob)
    assert spec.version == digest_bytes(spec.body)


# --- a detection that gets a job of its own -------------------------------------------------------


def split(topic: str, partition: int, offset: int) -> bytes:
    """A partition as Flink's Kafka source writes it into a snapshot, without a place to stop."""
    name = topic.encode()
    return struct.pack(f">H{len(name)}siqq", len(name), name, partition, offset, -(2**63))


def test_positions_are_those_of_the_reader(tmp_path: Path) -> None:
    generation = Storage(tmp_path).begin("audit", 1, 1, "earliest")
    folder = made(generation, "savepoints/savepoint-1", 3)
    enumerator = split(TOPIC, 0, -2) + split(TOPIC, 1, 7) + split(TOPIC, 2, -2)
    reader = split(TOPIC, 1, 42) + split(TOPIC, 0, 40) + split("audits", 0, 99)
    with (folder / "_metadata").open("ab") as file:
        file.write(enumerator + b"between" + reader)
    [snapshot] = snapshots(generation)
    assert positions(snapshot, TOPIC) == "partition:0,offset:40;partition:1,offset:42"
    assert positions(snapshot, "other") == ""


APART = replace(FIRST, number=2, isolated="ra")


def test_who_leaves_a_pack_begins_where_it_stops(tmp_path: Path) -> None:
    at = site(tmp_path)
    prepared(at, book_move(1, None, FIRST, KEEP))
    move = book_move(2, FIRST, APART, KEEP)
    for _ in range(2):
        found = {step.after.pipeline: step for step in prepared(at, move)}
        assert found["audit/ra"].parent == "audit"
        assert found["audit/ra"].generation.start == ""
        assert found["audit"].before is not None
        assert identity("ra") in found["audit"].before.detections


def test_who_was_apart_before_is_a_job_before(tmp_path: Path) -> None:
    at = site(tmp_path)
    first = prepared(at, book_move(1, None, APART, KEEP))
    assert [step.parent for step in first] == ["", "", ""]
    move = book_move(2, APART, replace(FIRST, number=3), KEEP)
    [gone, *_] = plan_rollout(move, never)
    assert (gone.kind, gone.pipeline) == (StepKind.MERGE, "audit/ra")
    assert [step.after.pipeline for step in prepared(at, move)] == ["audit", "burst"]
