"""Observes deployed detections through the topics that they write."""
