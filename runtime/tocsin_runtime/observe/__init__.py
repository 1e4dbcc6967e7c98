"""What deployed detections do: read from the topics that they write."""
