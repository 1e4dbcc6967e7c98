"""Scans: any Sigma rules on any events; no source has to be declared."""
