"""Events from files: JSON in all layouts, CSV, EVTX; detected by content."""
