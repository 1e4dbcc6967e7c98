"""The unit for systemd."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tocsin.cli.commands.worker import worker
from unit.deploy.manifests.made import environment_of, made


@pytest.mark.parametrize("bootstrap", ["broker:9092", "env:SHOP_KAFKA"])
def test_systemd_takes_the_unit(bootstrap: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = shutil.which("true")
    files = made(environment_of(bootstrap=bootstrap), program=program)
    file = tmp_path / "tocsin-worker@.service"
    file.write_text(files[file.name])
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert ("EnvironmentFile=" in files[file.name]) == bootstrap.startswith("env:")


def test_the_units_command_is_one_that_there_is() -> None:
    text = made(env="prod.eu", name="p")["tocsin-worker@.service"]
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    program, word, *rest = command.split()
    assert (program, word) == ("/opt/tocsin/bin/tocsin", "worker")
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    assert set(options) <= {name for option in worker.params for name in option.opts}
    assert options["--env"] == "prod.eu"
    # The instance is two digits: each worker has a port of its own.
    assert options["--listen"].replace("%i", "07") == "127.0.0.1:9407"
