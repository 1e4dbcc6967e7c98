"""Releases: the contract between control plane and data plane."""
