"""Scans: any Sigma rules over any JSON events, with no source declared."""
