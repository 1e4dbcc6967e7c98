"""The pack: all stateless detections of a source in one canonical file that matchers load."""

from tocsin.pack.file import Pack
from tocsin.pack.part import PART_SUFFIX, Part

__all__ = ["PART_SUFFIX", "Pack", "Part"]
