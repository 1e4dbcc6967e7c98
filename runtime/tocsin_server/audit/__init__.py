"""Every change: who, when, before, after."""
