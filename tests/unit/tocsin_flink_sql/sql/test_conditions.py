"""What the functions of Flink's statements say of generated leaves and events, in a plain JVM."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

from differential.cases import kept
from differential.seed import SEED
from differential.world import SOURCE
from tocsin.errors import Unsupported
from tocsin.ir.evaluate import View, evaluate
from tocsin.ir.nodes import (
    And,
    Compare,
    Expr,
    FieldRef,
    IsNull,
    Keyword,
    Leaf,
    Not,
    Op,
    Or,
    Regex,
    Text,
)
from tocsin_flink_sql.matcher.jar import functions_jar
from tocsin_flink_sql.sql.conditions import kind_and_value

PROGRAM = """
import io.tocsin.match.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public class Says {
    static final Map<String, String> NAMES = new HashMap<>();
    static String text(String coded) {
        byte[] bytes = Base64.getDecoder().decode(coded);
        return NAMES.computeIfAbsent(coded, c -> new String(bytes, StandardCharsets.UTF_8));
    }
    static Texts field(byte[] event, String name, String path) {
        Texts found = name.equals("-")
                ? Reading.here().scalars(event)
                : Reading.here().field(event, text(name), path.isEmpty() ? null : text(path));
        if (found != null) {
            found.hand(found);
        }
        return found;
    }
    static String[] strings(Object handed) {
        Texts texts = (Texts) handed;
        String[] made = new String[texts.count()];
        Arrays.setAll(made, texts::get);
        return made;
    }
    static boolean said(String[] a) {
        byte[] event = Base64.getDecoder().decode(a[0]);
        Texts texts = field(event, a[1], a[2]);
        String kind = text(a[3]);
        if (kind.equals("null")) {
            return texts == null;
        }
        if (kind.startsWith("field ")) {
            Texts others = field(event, a[4], a[5]);
            String[] how = kind.split(" ");
            return texts != null && others != null
                    && Reading.here().related(texts, others, how[1], how.length > 2, Says::strings);
        }
        return texts != null && Reading.here().passes(texts, kind, text(a[4]), Says::strings);
    }
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            out.append(said(line.split(" ", -1)) ? 1 : 0);
        }
        System.out.println(out);
    }
}
"""
CASES = 200
Ask = tuple[Expr, bytes]

ODD: list[Ask] = [
    (Leaf("text", Text(("b",))), b'{"text":"a","text":"b"}'),
    (Leaf("text", Text(("b",))), b'{"text":"a","te\\u0078t":"b"}'),
    (Leaf("user.name", Text(("b",))), b'{"user":{"name":"a"},"user":{"name":"b"}}'),
    (Leaf("user.name", Text(("b",))), b'{"user.name":null,"user":{"name":"b"}}'),
    (Leaf("number", Text((str(2**64 - 1),))), b'{"number":18446744073709551615}'),
    (Leaf("number", Text((str(2**64 - 1),))), b'{"number":18446744073709551614}'),
    (Leaf("number", Compare(Op.GTE, 2**64 - 1)), b'{"number":["x",18446744073709551615]}'),
    (Leaf("flag", Text(("true",))), b'{"flag":[1,"TRUE"]}'),
    (Leaf("text", Regex("x*x*x*x*x*x*x*x*x*y")), b'{"text":"%s"}' % (b"x" * 20_000)),
]


def asked() -> Iterator[Ask]:
    """Each leaf of each generated case on each of its events."""
    yield from ODD
    for case in islice(kept(SEED), CASES):
        lines = [json.dumps(event).encode() for event in case.events]
        yield from ((leaf, line) for leaf in leaves(case.expr) for line in lines)


def leaves(expr: Expr) -> Iterator[Expr]:
    """What a condition asks of fields."""
    match expr:
        case And(args) | Or(args):
            for arg in args:
                yield from leaves(arg)
        case Not(arg):
            yield from leaves(arg)
        case Leaf() | Keyword() | IsNull() | FieldRef():
            yield expr


def line_of(leaf: Expr, event: bytes) -> str:
    """The question for the program; Unsupported where Java has no pattern."""
    match leaf:
        case Leaf(field, test):
            rest = [*_place(field), *map(_coded, kind_and_value(test))]
        case Keyword(test):
            rest = ["-", "", *map(_coded, kind_and_value(test))]
        case IsNull(field):
            rest = [*_place(field), _coded("null"), ""]
        case FieldRef(field, other, how, cased):
            kind = f"field {how.value}{' cased' if cased else ''}"
            rest = [*_place(field), _coded(kind), *_place(other)]
        case _:
            raise TypeError(leaf)
    return " ".join([b64encode(event).decode(), *rest])


def _place(field: str) -> list[str]:
    path = SOURCE.renamed.get(field)
    return [_coded(field), _coded(json.dumps(path)) if path else ""]


def _coded(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogatepass")).decode()


def test_every_leaf_says_what_the_evaluator_says(tmp_path: Path) -> None:
    lines: list[str] = []
    known: list[Ask] = []
    for leaf, event in asked():
        try:
            lines.append(line_of(leaf, event))
        except Unsupported:
            continue
        known.append((leaf, event))
    program, file, jar = tmp_path / "Says.java", tmp_path / "asked", tmp_path / "functions.jar"
    program.write_text(PROGRAM)
    file.write_text("\n".join(lines) + "\n", "ascii")
    jar.write_bytes(functions_jar())
    command = ["java", "-cp", str(jar), str(program), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    got = [answer == "1" for answer in done.stdout.strip()]
    views = [View(orjson.loads(event), SOURCE.renamed) for _, event in known]
    wanted = [evaluate(leaf, view) for (leaf, _), view in zip(known, views, strict=True)]
    differ = [k for k, one, other in zip(known, got, wanted, strict=True) if one != other]
    assert not differ, (len(differ), differ[:3])
    assert len(known) > 2 * CASES
    assert 0.1 < sum(got) / len(got) < 0.9
