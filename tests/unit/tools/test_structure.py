"""The picture of the code's structure, on small graphs."""

from __future__ import annotations

import ast
from collections import defaultdict

import pytest

from tools.structure import ROOT, ROOTS, arrows, floors, needed, package_of

SMALL = {
    "top": frozenset({"middle", "base"}),
    "middle": frozenset({"base"}),
    "base": frozenset[str](),
}


def test_a_floor_is_the_longest_way_down() -> None:
    assert floors(SMALL) == {"base": 0, "middle": 1, "top": 2}


def test_what_other_arrows_imply_is_left_out() -> None:
    assert list(needed(SMALL)) == [("top", "middle"), ("middle", "base")]


def test_a_circle_is_told_with_its_way() -> None:
    with pytest.raises(ValueError, match="a -> b -> a"):
        floors({"a": frozenset({"b"}), "b": frozenset({"a"})})


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("tocsin.ir.nodes", "tocsin.ir"),
        ("tocsin_flink_sql.deploy.fleet", "tocsin_flink_sql.deploy"),
        ("tocsin_kafka.offsets", "tocsin_kafka"),
        ("tocsin", "tocsin"),
    ],
)
def test_a_module_has_a_package(module: str, package: str) -> None:
    assert package_of(module) == package


def test_no_arrow_of_ours_leads_back() -> None:
    assert floors(arrows())["tocsin.cli"] > floors(arrows())["tocsin.ir"] > 0


def test_a_public_class_name_stands_for_one_thing() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for root in ROOTS:
        for package in ROOT.glob(f"*/{root}"):
            for file in package.rglob("*.py"):
                for node in ast.parse(file.read_text()).body:
                    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                        homes[node.name].append(str(file.relative_to(ROOT)))
    assert len(homes) > 400
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
