"""Text of strangers as text, wherever it goes: one escape for each destination.

Titles, names, owners, paths and values of events are whatever somebody proposes. What a terminal,
a log of CI, Markdown, XML or HTML would obey comes out as something to read, on one line.
"""

from __future__ import annotations

import re

# Where a line of a CI log begins so, GitHub's runner takes it for a command; lines may be wrapped.
_COMMAND = re.compile(
    r"(?:^|(?<=\s))::|##\[|::(?=(?:error|warning|notice|debug|(?:end)?group|echo|(?:add|remove)-matcher"
    r"|add-mask|add-path|set-output|set-env|save-state|stop-commands)\b)"
)
_MARKDOWN = re.compile(r"[\\`*_\[\]()|~!{}+#$=^]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What GitHub links or notifies by itself: mentions, issues, addresses. Nothing stops it but a
# character in between, for it looks at the text after everything else was read.
_LINKED = re.compile(r"@|#|(?:www|ftp|mailto|xmpp|gh)(?=[.:-])|:(?=//)", re.IGNORECASE)
_APART = "\N{ZERO WIDTH SPACE}"
# What a spreadsheet takes for the beginning of a formula: of a cell, and of what it makes a cell of
# where its list separator is a semicolon.
_FORMULA = re.compile(
    r"(^|;)(\s*)(?=[=+\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}])"
)
# XML 1.0 has no place for most control characters nor for lone surrogates, which events may hold.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def printable(text: str) -> str:
    """For terminals and logs: control, bidirectional and invisible characters as escapes."""
    shown = text
    if not text.isprintable():
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return _COMMAND.sub(lambda found: f"\\x{ord(found[0][0]):02x}{found[0][1:]}", shown)


def markdown(text: str) -> str:
    """For a comment on GitHub: no markup, no link, no mention, one line."""
    return _unmarked(_LINKED.sub(lambda found: found[0] + _APART, printable(text)))


def markup(text: str) -> str:
    """For Markdown that no forge reads: no markup, one line."""
    return _unmarked(printable(text))


def _unmarked(text: str) -> str:
    escaped = _MARKDOWN.sub(lambda found: "\\" + found[0], text)
    return re.sub(r"[&<>]", lambda found: _ENTITIES[found[0]], escaped)


def annotation(text: str) -> str:
    """For the message of a workflow command of GitHub."""
    lines = (printable(line).replace("%", "%25") for line in re.split(r"\r\n|[\r\n]", text))
    return "%0A".join(lines)


def annotation_property(text: str) -> str:
    """For a property of a workflow command of GitHub."""
    return annotation(text).replace(",", "%2C").replace(":", "%3A")


def sarif(text: str) -> str:
    """For a message of SARIF, in which brackets would begin a link."""
    return re.sub(r"[\\\[\]]", lambda found: "\\" + found[0], printable(text))


def xml(text: str) -> str:
    """For XML 1.0, whose writer escapes the rest."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def spreadsheet(text: str) -> str:
    """For a cell of a table that a spreadsheet opens: never a formula, one line."""
    return _FORMULA.sub(r"\1\2'", printable(text))


def json_text(text: str) -> str:
    """For JSON that may be read on a terminal: what is not printable, as JSON escapes it."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else _units(c) for c in text)


def _units(char: str) -> str:
    data = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{data[at : at + 4]}" for at in range(0, len(data), 4))
