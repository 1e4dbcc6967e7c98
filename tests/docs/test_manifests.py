"""The page on manifests: its commands run, its links lead somewhere, its kubectl lines agree."""

import re
from pathlib import Path

from click import Option

from conftest import ROOT
from console_blocks import PERSON, agrees, play
from tocsin.cli.commands.manifests import manifests

PAGE = (ROOT / "docs" / "manifests.md").read_text("utf-8")


def test_the_page_is_true(tmp_path: Path) -> None:
    for step, code, output in play(PAGE, tmp_path, PERSON):
        assert code == step.code, output
        assert agrees(step.shown, output), output
    # What the lines for a cluster and for a host use is among what was written.
    for path in re.findall(r"deploy/\S+", PAGE):
        assert (tmp_path / path).exists(), path
    [secret] = re.findall(r"secret generic (\S+)", PAGE)
    assert f'name: "{secret}"' in (tmp_path / "deploy/prod/worker.yaml").read_text()
    assert f"/etc/tocsin/{secret}.env" in (
        tmp_path / "deploy/prod/tocsin-worker@.service"
    ).read_text("utf-8")


def test_options_that_the_page_names_exist() -> None:
    known = {
        name for option in manifests.params if isinstance(option, Option) for name in option.opts
    }
    named = set(re.findall(r"`(--[a-z-]+)", PAGE)) | set(
        re.findall(r" (--[a-z-]+)", "\n".join(re.findall(r"^\$ tocsin .*", PAGE, re.MULTILINE)))
    )
    assert named <= known


def test_links_of_the_page() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
