"""`docs/operations.md` begins with a way from an empty cluster to an alert: it is walked here.

With the wheel: that Flink is deployed to from it is shown by the same run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from console_blocks import ON_PATH, PERSON, Step, agrees, play, section
from shipped.wheel import ROOT, Installed
from tocsin_engines import EngineAddresses

PAGE = ROOT / "docs" / "operations.md"


@pytest.mark.engine
def test_walk_through(installed: Installed, endpoints: EngineAddresses, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    env = {
        "PATH": f"{installed.path}:/usr/bin:/bin",
        "TOCSIN_KAFKA": endpoints.addresses["kafka"],
        "TOCSIN_FLINK": endpoints.addresses["flink_rest"],
        "TOCSIN_GATEWAY": endpoints.addresses["flink_gateway"],
        "TOCSIN_STORAGE": str(storage),
    }
    text = section(PAGE.read_text("utf-8"), "From an empty cluster to the first alert")
    ran = play(text, tmp_path, {**PERSON, **env}, ON_PATH)
    assert [each for each in ran if not _as_shown(*each)] == []


def _as_shown(step: Step, code: int, output: str) -> bool:
    return code == step.code and "Traceback" not in output and agrees(step.shown, output)
