"""The jar of a pack: the matcher's classes and the pack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tocsin.pack import Pack
from tocsin_flink_sql.matcher.java_regex import letters, regexes
from tocsin_flink_sql.matcher.maven import matcher_jar
from tocsin_flink_sql.sql.functions import FUNCTIONS, definitions

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every entry of a jar: equal contents are equal bytes."""


def pack_jar(pack: Pack) -> bytes:
    """The jar that runs a pack. Raises Unsupported for a regular expression Java cannot say."""
    return _jar({"tocsin/pack": pack.encoded, "tocsin/regexes.json": regexes(pack.parts)})


@cache
def functions_jar() -> bytes:
    """The jar of the functions that views and statements use."""
    return _jar({})


@contextmanager
def functions() -> Iterator[list[str]]:
    """What defines the functions in a session, as long as this lasts."""
    with TemporaryDirectory() as folder:
        file = Path(folder, FUNCTIONS)
        file.write_bytes(functions_jar())
        yield definitions(file.as_uri())


def _jar(own: Mapping[str, bytes]) -> bytes:
    entries = {**_classes(matcher_jar()), **own, "tocsin/letters.json": letters()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as jar:
        for name in sorted(entries):
            jar.writestr(zipfile.ZipInfo(name, EPOCH), entries[name])
    return made.getvalue()


@cache
def _classes(jar: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(jar) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.endswith(".class")}
