"""Java patterns on the real `java.util.regex`, with the number of characters that it looks at."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path

PROGRAM = """
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.Base64;
import java.util.regex.*;

public class Looks implements CharSequence {
    static long looks;
    final String text;
    Looks(String text) { this.text = text; }
    public char charAt(int at) {
        if (++looks > 300_000_000L) { throw new IllegalStateException(); }
        return text.charAt(at);
    }
    public int length() { return text.length(); }
    public CharSequence subSequence(int from, int to) { return text.substring(from, to); }
    static String plain(String coded) {
        return new String(Base64.getDecoder().decode(coded), StandardCharsets.UTF_8);
    }
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] two = line.split(" ", -1);
            looks = 0;
            boolean found = false;
            try {
                found = Pattern.compile(plain(two[0])).matcher(new Looks(plain(two[1]))).find();
            } catch (IllegalStateException tooMany) {
                looks = -1;
            }
            System.out.println("[" + found + "," + looks + "]");
        }
    }
}
"""


def finds(folder: Path, asked: Iterable[tuple[str, str]]) -> list[tuple[bool, int]]:
    """For each pattern and text whether it is found, and after how many looks; -1 is too many."""
    program, file = folder / "Looks.java", folder / "asked"
    program.write_text(PROGRAM)
    lines = (f"{_coded(pattern)} {_coded(text)}\n" for pattern, text in asked)
    file.write_text("".join(lines), "ascii")
    command = ["java", "-Xss8m", str(program), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [(found, looks) for found, looks in map(json.loads, done.stdout.splitlines())]


def _coded(text: str) -> str:
    return b64encode(text.encode()).decode()
