"""Silences and exceptions: which alerts need nobody's attention, and until when."""
