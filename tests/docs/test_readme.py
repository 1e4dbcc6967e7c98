"""The detection that the README shows is one: it validates, and its cases pass."""

import re
import shutil
from pathlib import Path

from conftest import ROOT, Tocsin

README = (ROOT / "README.md").read_text("utf-8")


def test_the_detection_of_the_readme(tocsin: Tocsin, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "detections" / "sources", tmp_path / "sources")
    shutil.copy(ROOT / "detections" / "tocsin.toml", tmp_path)
    found = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert found
    rule = tmp_path / "rules" / "payments" / "readme-example.yml"
    rule.parent.mkdir(parents=True)
    rule.write_text(found[1], "utf-8")
    assert tocsin("validate", tmp_path).stderr.startswith("1 detection without errors; no findings")
    ended = tocsin("test", rule, "--engine", "evaluator", "--engine", "duckdb")
    assert ended.code == 0
    assert re.findall(r"(evaluator|duckdb) +2 +0 +0", ended.stdout + ended.stderr) == [
        "evaluator",
        "duckdb",
    ]


def test_pages_that_the_readme_names_exist() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
