"""The one line of a stack trace that tells what is wrong."""

import pytest

from tocsin_flink_sql.client.root_cause import root_cause

WRAPPED = """\
a.OuterException: wrapped
\tat a.B.c(B.java:1)
Caused by: a.MiddleException: line 1, column 2: gone
\tat a.B.c(B.java:1)
Caused by: a.InnerException: gone
\t... 3 more"""
NO_MESSAGE = """\
a.OuterException: outer
\tat a.B.c(B.java:1)
Caused by: a.InnerException: first
second
\tat a.B.c(B.java:1)
Caused by: java.lang.NullPointerException
\t... 3 more"""


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        ("", "no reason given"),
        ("Not found: /v2/x", "Not found: /v2/x"),
        ("java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)", "IllegalStateException: no"),
        (WRAPPED, "InnerException: line 1, column 2: gone"),
        (NO_MESSAGE, "InnerException: first second"),
    ],
)
def test_root_cause(trace: str, cause: str) -> None:
    assert root_cause(trace) == cause
