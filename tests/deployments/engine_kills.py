"""Processes of local engines, killed and started again as they were."""

from __future__ import annotations

import psutil

from tocsin_engines.process import spawn
from tocsin_engines.state import Child, load, save


def kill(instance: str, engine: str, role: str) -> None:
    """End a process as by `kill -9`, and start the same again."""
    now = load(instance)
    state = now.engines[engine]
    child = next(each for each in state.children if each.role == role)
    process = psutil.Process(child.pid)
    argv, environment = process.cmdline(), process.environ()
    process.kill()
    process.wait(30)
    again: Child = spawn(role, argv, environment, child.log)
    children = tuple(again if each.role == role else each for each in state.children)
    save(now.with_engine(engine, state.model_copy(update={"children": children})))
