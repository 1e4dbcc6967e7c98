"""The folders for downloads and instances."""

import os
from pathlib import Path

import platformdirs


def cache_root() -> Path:
    """Folder of downloaded engines: `TOCSIN_CACHE`, else the user's cache folder."""
    override = os.environ.get("TOCSIN_CACHE")
    root = Path(override) if override else platformdirs.user_cache_path("tocsin")
    return root.expanduser().absolute() / "engines"


def state_root() -> Path:
    """Folder of the instances: `TOCSIN_STATE`, else the user's state folder."""
    override = os.environ.get("TOCSIN_STATE")
    root = Path(override) if override else platformdirs.user_state_path("tocsin")
    return root.expanduser().absolute() / "engines"
