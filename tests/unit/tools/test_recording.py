"""Recordings of commands: what a person would have seen, and for how long nothing."""

from __future__ import annotations

from tools.recording import in_pipe, in_terminal, seen


def test_what_is_written_over_is_gone() -> None:
    assert seen("one\r\n\x1b[32m⠋ working\x1b[0m\r\x1b[2K⠙ working\r\x1b[2Kdone\r\n") == "one\ndone"
    assert seen("a\r\nb\r\n\x1b[1A\x1b[2Kc") == "a\nc"


def test_a_terminal_has_80_columns_and_silence_is_measured() -> None:
    found = in_terminal("tput cols; sleep 1; echo ended; exit 3")
    assert (found.text, found.code) == ("80\nended", 3)
    assert 0.9 < found.silence <= found.seconds


def test_a_pipe_is_none() -> None:
    found = in_pipe("test -t 1 && echo terminal || echo pipe; exit 2")
    assert (found.text, found.code, found.widest) == ("pipe", 2, 4)
