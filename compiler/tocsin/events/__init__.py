"""Events from files, whatever holds them: JSON in all its layouts, CSV, EVTX; told by content."""
