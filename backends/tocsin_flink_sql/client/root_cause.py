"""The one line of a Java stack trace that tells what is wrong."""

import re

_TOO_LONG = 600
_START = re.compile(
    r"^(?:Caused by: |<Exception on server side:\s*)?([\w.$]+(?:Exception|Error))\b:?"
)
_FRAME = re.compile(r"^\s*(?:at [\w.$/<>]+|\.\.\. \d+ more|End of exception on server side)")


def root_cause(trace: str) -> str:
    """`SqlValidatorException: Column 'x' not found`: the innermost cause that has a message.

    Flink wraps a cause in others that repeat it with more detail (line and column of the
    statement, say); then the most detailed repetition is taken.
    """
    told = [(name, text) for name, text in _causes(trace) if text]
    if not told:
        lines = [line for line in trace.splitlines() if line.strip()]
        return lines[0].strip()[:_TOO_LONG] if lines else "no reason given"
    root_name, root = told[-1]
    repeated = [text for _, text in told if root in text and len(text) <= _TOO_LONG]
    return f"{root_name}: {max(repeated, key=len, default=root)}"[:_TOO_LONG]


def _causes(trace: str) -> list[tuple[str, str]]:
    """(short class name, message on one line) of each exception, outermost first."""
    found: list[tuple[str, list[str]]] = []
    in_frames = True
    for line in trace.splitlines():
        begins = _START.match(line) if in_frames or line.startswith("Caused by: ") else None
        if begins:
            found.append((begins[1].rsplit(".", 1)[-1], [line[begins.end() :]]))
            in_frames = False
        elif _FRAME.match(line):
            in_frames = True
        elif found and not in_frames:
            found[-1][1].append(line)
    return [(name, _one_line(text)) for name, text in found]


def _one_line(text: list[str]) -> str:
    # The parser goes on with all the words of SQL that it would have taken.
    return " ".join(" ".join(text).split()).partition(" Was expecting one of:")[0]
