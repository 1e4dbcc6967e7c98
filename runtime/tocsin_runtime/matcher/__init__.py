"""Which detections match an event: the inside of a worker, behind one small seam."""

from tocsin_runtime.matcher.base import Matcher
from tocsin_runtime.matcher.by_evaluator import EvaluatorMatcher
from tocsin_runtime.matcher.filter import Filter

__all__ = ["EvaluatorMatcher", "Filter", "Matcher"]
