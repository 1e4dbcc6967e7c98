"""What all routes have in common: problems, limits, paging, times."""
