"""The Java reader of packs, in a plain JVM: what it says of each pack, and of an event by it."""

from __future__ import annotations

import hashlib
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.canonical import canonical_bytes, digest_bytes
from tocsin.pack.file import FORM
from tocsin_flink_sql.matcher.maven import matcher_jar

PROGRAM = """
import io.tocsin.match.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;

public class Reads {
    static byte[] bytes(String coded) {
        return Base64.getDecoder().decode(coded);
    }
    static String said(String[] each) {
        try {
            Pack pack = Pack.read(bytes(each[0]), bytes(each[1]), bytes(each[2]));
            Matcher matcher = new Matcher(pack);
            int count = matcher.match(bytes(each[3]));
            return "read " + (count > 0 ? matcher.eventId(0) : "");
        } catch (Refused no) {
            return "refused " + no.getMessage();
        } catch (Throwable wrong) {
            return "wrong " + wrong;
        }
    }
    public static void main(String[] arguments) throws Exception {
        StringBuilder out = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String said = said(line.split(" ", -1));
            byte[] text = said.getBytes(StandardCharsets.UTF_8);
            out.append(Base64.getEncoder().encodeToString(text)).append('\\n');
        }
        System.out.print(out);
    }
}
"""
LETTERS = b"[[65,97]]"
EVENT = b'{"text":"a","many":["a",5],"number":5,"time":"2026-01-01"}'
Asked = tuple[bytes, bytes, bytes, bytes]
"""A pack, Java's patterns, letters, an event."""


def says(folder: Path, asked: Iterable[Asked]) -> list[str]:
    """`read` and the event's id if the pack's first detection matches, `refused` or `wrong`."""
    program, file = folder / "Reads.java", folder / "asked"
    program.write_text(PROGRAM)
    coded = (" ".join(b64encode(part).decode() for part in each) + "\n" for each in asked)
    file.write_text("".join(coded), "ascii")
    command = ["java", "-cp", str(matcher_jar()), str(program), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [b64decode(line).decode() for line in done.stdout.splitlines()]


def pack_of(lines: Sequence[bytes], source: str, **other: object) -> bytes:
    """A pack of these lines, whatever they are, with the digest that it must have."""
    digests = "".join(f"{digest_bytes(line)}\n" for line in lines)
    digest = hashlib.sha256(digests.encode()).hexdigest()
    head = {"form": FORM, "source": source, "parts": len(lines), "digest": digest, **other}
    return b"".join(line + b"\n" for line in (canonical_bytes(head), *lines))
