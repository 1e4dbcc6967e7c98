"""The container file: its rules by linters, its commands by running those that need no root."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from dockerfile_parse import DockerfileParser

from shipped.wheel import ROOT, UV, Installed

FILE = ROOT / "Containerfile"
PORT = "9400"
STEPS = [
    (step["instruction"], step["value"])
    for step in DockerfileParser(fileobj=BytesIO(FILE.read_bytes())).structure
    if step["instruction"] != "COMMENT"
]
LAST = max(n for n, (instruction, _) in enumerate(STEPS) if instruction == "FROM")


def values(instruction: str, *, last_stage: bool = True) -> list[str]:
    steps = STEPS[LAST:] if last_stage else STEPS[:LAST]
    return [value for name, value in steps if name == instruction]


def test_no_rule_of_linters_is_broken() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, FILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_base_is_one_image_by_its_digest() -> None:
    [base] = values("ARG", last_stage=False)
    assert re.fullmatch(r"PYTHON=docker\.io/library/python:[\w.-]+@sha256:[0-9a-f]{64}", base)
    assert [value.split()[0] for name, value in STEPS if name == "FROM"] == ["${PYTHON}"] * 2


def test_it_is_the_user_of_the_manifests_and_not_root() -> None:
    template = "compiler/tocsin/deploy/manifests/templates/worker.yaml.j2"
    [uid] = re.findall(r"runAsUser: (\d+)", (ROOT / template).read_text())
    assert values("USER") == [f"{uid}:{uid}"]
    assert f"--uid {uid} " in " ".join(values("RUN"))


def test_uv_is_installed_as_by_make() -> None:
    words = "pip install {} --require-hashes -r .ci/uv.txt"
    assert any(words.format("--no-cache-dir") in run for run in values("RUN", last_stage=False))
    assert words.format("--quiet") in (ROOT / "Makefile").read_text()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`/opt` of the image: built by its own commands from the files that are copied there."""
    root = tmp_path_factory.mktemp("image")
    (root / "src").mkdir()
    for copied in values("COPY", last_stage=False):
        *sources, target = copied.split()
        for source in sources:
            _copy(ROOT / source, root / "src" / target, folder=len(sources) > 1)
    [command] = (run for run in values("RUN", last_stage=False) if "uv sync" in run)
    here = command.replace("/opt/uv/bin/uv", str(UV)).replace("/opt/", f"{root}/opt/")
    [given] = values("ENV", last_stage=False)
    env = dict(word.split("=", 1) for word in shlex.split(given.replace("/opt/", f"{root}/opt/")))
    quick = {"UV_COMPILE_BYTECODE": "0", "UV_LINK_MODE": "hardlink", "UV_PYTHON": sys.executable}
    for offline in ("1", "0"):
        done = subprocess.run(
            ["sh", "-c", here],
            cwd=root / "src",
            env={**os.environ, **env, **quick, "UV_OFFLINE": offline},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def _copy(source: Path, target: Path, *, folder: bool) -> None:
    """As the instruction does, without what `.dockerignore` leaves out."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    left_out = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*left_out))
        return
    file = target / source.name if folder else target
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, file)


def test_command_of_the_image_is_a_worker(image: Path, tmp_path: Path) -> None:
    place = image / "opt" / "tocsin" / "bin"
    installed = Installed(place, str(place))
    [entry], [command] = map(json.loads, values("ENTRYPOINT")), map(json.loads, values("CMD"))
    helped = installed.run(*entry, *command[:1], "--help", cwd=tmp_path)
    assert {word for word in command if word.startswith("--")} <= set(re.findall(r"--\w+", helped))
    assert f"0.0.0.0:{PORT}" in command
    assert values("EXPOSE") == [PORT]
    installed.run("tocsin", "init", tmp_path / "x", cwd=tmp_path)
    compiled = ("compile", "--target", "flink-sql", "--out", "build")
    installed.run("tocsin", *compiled, cwd=tmp_path / "x")
    assert [*(tmp_path / "x/build").rglob("*.jar")]


class Answers(BaseHTTPRequestHandler):
    """`/healthz` of a worker whose loop goes round, or does not."""

    def __init__(self, code: int, *given: object) -> None:
        self.code = code
        super().__init__(*given)  # type: ignore[arg-type] # as the server gives them

    def do_GET(self) -> None:
        self.send_response(self.code if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def worker(request: pytest.FixtureRequest) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, request.param))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("worker", "healthy"), [(200, True), (503, False)], indirect=["worker"])
def test_health_check(worker: int, healthy: bool) -> None:  # noqa: FBT001
    [check] = values("HEALTHCHECK")
    python, *words = json.loads(check.partition("CMD ")[2].replace(PORT, str(worker)))
    assert python == "python"
    done = subprocess.run([sys.executable, *words], capture_output=True, check=False)
    assert (done.returncode == 0) is healthy
