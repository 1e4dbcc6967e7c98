"""`make demo` as its script runs it, from the first step to the last."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from patience import SECONDS

ROOT = Path(__file__).resolve().parents[2]
STEPS = 10


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo, and all that it said."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        ["bash", str(ROOT / "docs/demo.sh"), str(folder)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return folder, done.stdout + done.stderr


def test_every_step_is_made(said: tuple[Path, str]) -> None:
    _, text = said
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(n + 1) for n in range(STEPS)]
    assert "Traceback" not in text
    assert "\x1b" not in text  # no colours into a pipe


def test_what_is_shown_is_so(said: tuple[Path, str]) -> None:
    folder, text = said
    assert re.search(r"release 1 · \d+ events · [1-9]\d* matches of [1-9]\d* detections", text)
    assert "limit-raised-without-approval v1 → v2" in text
    assert "limit-raised-without-approval v2 → v1" in text
    assert "live state: as released" in text
    assert re.search(
        r"local: 3 releases, \d+ artifacts: all digests and the chain are intact", text
    )
    assert (folder / "coverage/index.html").read_text("utf-8").count("T1") > 10
