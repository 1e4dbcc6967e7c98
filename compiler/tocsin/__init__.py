"""Tocsin: the control plane for detections as code."""

__version__ = "0.1.0"
