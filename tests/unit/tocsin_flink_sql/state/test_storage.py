"""The folder that the jobs of an environment share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tocsin_flink_sql.state.storage import Storage


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
    assert generation.cutover is None
    generation.set_cutover(42)
    assert generation.cutover == 42


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
