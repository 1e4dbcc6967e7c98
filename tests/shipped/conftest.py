"""What `uv build` makes, once, and Tocsin installed from it as users install it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from shipped.wheel import UV, Installed, uv_build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with an sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    uv_build("--out-dir", folder)
    return folder


@pytest.fixture(scope="session")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a new environment; what it depends on is that of the tests."""
    place = tmp_path_factory.mktemp("installed")
    venv = place / "venv"
    python = venv / "bin" / "python"
    [wheel] = built.glob("*.whl")
    for command in (
        ["venv", "--quiet", "--python", sys.executable, venv],
        ["pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel],
    ):
        subprocess.run([UV, *command], check=True)
    # A path that a .pth adds has no .pth files of its own: the checkout stays out of sight.
    [site] = venv.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    tools = place / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(shutil.which("git") or "")
    return Installed(venv / "bin", f"{venv / 'bin'}:{tools}")
