"""Alerts as they were raised, and the findings that fold them."""
