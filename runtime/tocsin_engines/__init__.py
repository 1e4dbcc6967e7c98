"""Real engines on this machine, from packages: no container engine, no root.

`up` starts them, `down` stops them, `status` looks; `running` does it for a block of code.
Several instances live side by side under different names.
"""

from tocsin_engines.engine import EngineAddresses
from tocsin_engines.health import EngineStatus, status
from tocsin_engines.lifecycle import down, running, up

__all__ = ["EngineAddresses", "EngineStatus", "down", "running", "status", "up"]
