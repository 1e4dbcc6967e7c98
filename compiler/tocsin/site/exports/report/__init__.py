"""The report of a period on paper: what was deployed, changed, agreed, tested, and went wrong."""
