"""From a match to its record and its alert."""
