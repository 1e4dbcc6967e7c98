"""Content repositories, read whole."""

from pathlib import Path

import pytest

from authoring import OTHER_ID, RULE_ID, codes, project, rule, write
from tocsin.errors import ConfigError
from tocsin.front.place import find_project
from tocsin.front.project import load_project, read_settings


def test_finding_a_project_from_within_and_from_above(tmp_path: Path) -> None:
    root = project(tmp_path / "detections")
    (root / "rules/deep").mkdir()
    for start in (root, root / "rules/deep", root / "sources/shop.yml", tmp_path):
        assert find_project(start) == root
    with pytest.raises(ConfigError, match=r"no tocsin\.toml"):
        find_project(Path("/"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[project", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[project]\nname = 5\n", "project.name"),
        (b"[project]\nnmae = 'x'\n", "project.name"),
        (b"[projects]\nname = 'x'\n", "projects"),
        (
            b"[project]\nname='x'\n[environments.a]\nkind='cloud'\nbackend='x'",
            "environments.a.kind",
        ),
        (b"[environments.a]\nkind='local'", "environments.a.backend"),
    ],
)
def test_bad_settings(tmp_path: Path, content: bytes, said: str) -> None:
    write(tmp_path / "tocsin.toml", content)
    with pytest.raises(ConfigError) as caught:
        read_settings(tmp_path)
    assert said in caught.value.message
    assert str(tmp_path) in caught.value.message
    assert caught.value.exit_code == 2


def test_settings_that_are_gone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_settings(tmp_path)


def test_an_unknown_environment_lists_the_known(tmp_path: Path) -> None:
    settings = "[environments.lab]\nkind = 'local'\nbackend = 'batch-sql'\n"
    write(tmp_path / "tocsin.toml", settings)
    loaded = load_project(tmp_path)
    assert loaded.environment("lab").backend_of("shop") == "batch-sql"
    with pytest.raises(ConfigError) as caught:
        loaded.environment("prod")
    assert caught.value.hint == "environments: lab"


def test_an_empty_project_is_fine(tmp_path: Path) -> None:
    write(tmp_path / "tocsin.toml", "")
    loaded = load_project(tmp_path)
    assert (loaded.queries, loaded.diagnostics, loaded.sources) == ((), (), {})


def test_queries_are_sorted_by_key(tmp_path: Path) -> None:
    rules = {"b.yml": rule(), "a.yml": rule(id=OTHER_ID, name="c_name")}
    loaded = load_project(project(tmp_path, rules))
    assert [q.detection.key for q in loaded.queries] == ["b", "c_name"]


def test_files_of_one_name_in_two_folders_would_be_one_detection(tmp_path: Path) -> None:
    rules = {"aws/same.yml": rule(), "okta/same.yml": rule(id=OTHER_ID)}
    loaded = load_project(project(tmp_path, rules))
    assert [q.detection.id for q in loaded.queries] == [RULE_ID]
    assert [d.message for d in loaded.diagnostics] == ["the name same is used twice"]


def test_placeholders_come_from_their_folder(tmp_path: Path) -> None:
    detection = {"sel": {"action|expand": "%actions%"}, "condition": "sel"}
    root = project(tmp_path, {"r.yml": rule(detection=detection)})
    assert codes(load_project(root).diagnostics) == ["TOC026"]
    write(root / "placeholders/actions.txt", "# ours\nrefund\n\n  payout  \n")
    [query] = load_project(root).queries
    before = query.logic
    write(root / "placeholders/actions.txt", "refund\npayout\nchargeback\n")
    assert load_project(root).queries[0].logic != before


def test_a_list_of_placeholders_that_is_no_text(tmp_path: Path) -> None:
    root = project(tmp_path)
    write(root / "placeholders/admins.txt", b"\xff\xfe")
    [found] = load_project(root).diagnostics
    assert (found.code, "not UTF-8" in found.message) == ("TOC001", True)
    assert found.span.file.endswith("placeholders/admins.txt")


def test_all_findings_of_all_files(tmp_path: Path) -> None:
    rules = {"a.yml": rule(level="huge"), "b.yml": "title: [", "c.yml": rule(id=OTHER_ID)}
    root = project(tmp_path, rules)
    write(root / "sources/bad.yml", "source: 5\n")
    loaded = load_project(root)
    assert [q.detection.key for q in loaded.queries] == ["c"]
    assert {Path(d.span.file).name for d in loaded.diagnostics} == {"a.yml", "b.yml", "bad.yml"}
    assert list(loaded.diagnostics) == sorted(loaded.diagnostics, key=lambda d: d.sort_key)
