"""The page of faults names tests that there are, and every folder of inputs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/faults.md").read_text()


def test_every_test_of_the_page_exists() -> None:
    last = ""
    for file, name in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", PAGE):
        last = file or last
        if file or name:
            text = (ROOT / last).read_text()
            assert not name or f"def {name}(" in text, (last, name)


def test_every_folder_of_inputs_is_on_the_page() -> None:
    folders = {each.name for each in (ROOT / "tests/faults").iterdir() if each.is_dir()}
    missing = {f for f in folders - {"security", "__pycache__"} if f"`{f}`" not in PAGE}
    assert not missing
