"""Keys of the records that say what is deployed in an environment."""

RELEASE = "release"
"""Of the record that says what is live."""
ARTIFACT = "artifact/"
WORKER = "worker/"


def artifact_key(digest: str) -> str:
    """Key of an artifact's bytes."""
    return f"{ARTIFACT}{digest}"


def worker_key(name: str) -> str:
    """Key of a worker's report."""
    return f"{WORKER}{name}"
