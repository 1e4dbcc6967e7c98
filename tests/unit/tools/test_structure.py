"""The picture of the code's structure, on small graphs."""

from __future__ import annotations

import ast
import re
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


def public_names() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The files that define each public class, and each alias of a type."""
    classes: dict[str, list[str]] = defaultdict(list)
    aliases: dict[str, list[str]] = defaultdict(list)
    for file in (f for root in ROOTS for f in ROOT.glob(f"*/{root}/**/*.py")):
        for node in ast.parse(file.read_text()).body:
            match node:
                case ast.ClassDef(name):
                    found, names = classes, [name]
                case ast.Assign(targets):
                    found, names = (
                        aliases,
                        [each.id for each in targets if isinstance(each, ast.Name)],
                    )
                case _:
                    continue
            for name in names:
                if re.match("[A-Z][a-z]", name):
                    found[name].append(str(file.relative_to(ROOT)))
    return classes, aliases


def test_a_public_name_of_a_type_stands_for_one_thing() -> None:
    classes, aliases = public_names()
    assert len(classes) > 400
    assert len(aliases) > 50
    assert {name: files for name, files in classes.items() if len(files) > 1} == {}
    assert {name: files for name, files in aliases.items() if len(files) > 1} == {}
    assert {name: [*classes[name], *aliases[name]] for name in classes.keys() & aliases} == {}
