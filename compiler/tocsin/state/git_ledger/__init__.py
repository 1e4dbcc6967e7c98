"""Releases live on the branch `tocsin/<env>` of the repository that holds the project."""

from tocsin.state.git_ledger.ledger import GitLedger
from tocsin.state.git_ledger.repository import Repository, Stored, Tree, object_id

__all__ = ["GitLedger", "Repository", "Stored", "Tree", "object_id"]
