"""Where it stands what is deployed in an environment: keys of records, names of files."""

RELEASE = "release"
"""Of the record that says what is live."""
ARTIFACT = "artifact/"
WORKER = "worker/"

LAST_RUN = "last-run.json"
"""In the folder of a local environment: the report of its last run."""


def artifact_key(digest: str) -> str:
    """Key of an artifact's bytes."""
    return f"{ARTIFACT}{digest}"


def worker_key(name: str) -> str:
    """Key of a worker's report."""
    return f"{WORKER}{name}"
