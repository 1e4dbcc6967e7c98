"""Places in TOML files, which errors name."""

from __future__ import annotations

import pytest

from tocsin import toml
from tocsin.errors import ConfigError

TEXT = """\
top = 1

[environments.local]
kind = "local"
  "odd key" = 2
nested.deep = 3

[[keys]]
public = "a"

[[keys]]
public = "b"
"""


@pytest.mark.parametrize(
    ("where", "at"),
    [
        (("top",), (1, 1)),
        (("environments", "local"), (3, 1)),
        (("environments", "local", "kind"), (4, 1)),
        (("environments", "local", "odd key"), (5, 3)),
        (("environments", "local", "nested", "deep"), (6, 1)),
        (("environments", "local", "missing"), (3, 1)),
        (("keys", 1, "public"), (12, 1)),
        (("keys", 1, "person"), (11, 1)),
        (("nothing",), (0, 0)),
    ],
)
def test_places(where: tuple[str | int, ...], at: tuple[int, int]) -> None:
    assert toml.place(TEXT, where) == at


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ("a = 1\nb = =\n", "f:2:5: not valid TOML: invalid value", (2, 5)),
        ("a = [1,\n 2", "f:2:3: not valid TOML: unclosed array", (2, 3)),
        ("a = " + "[" * 5000, "nested too deeply", (0, 0)),
        ("[b]\na = " + "9" * 6000, "f:2:5: not valid TOML: the number has more than 64", (2, 5)),
        ("[b]\n\na = 0x" + "f" * 6000, "f:3:1: not valid TOML: the number has more than", (3, 1)),
        ("[b]\na = [1, 9223372036854775808]", "f:2:1: not valid TOML: the number has more", (2, 1)),
    ],
)
def test_what_is_no_toml_has_a_place(text: str, said: str, at: tuple[int, int]) -> None:
    with pytest.raises(ConfigError) as caught:
        toml.load(text, "f")
    assert said in caught.value.message
    told = caught.value.as_json()
    assert (told["file"], told.get("line", 0), told.get("column", 0)) == ("f", *at)
