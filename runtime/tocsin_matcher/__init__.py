"""Finds the detections that match an event, behind one small interface."""

from tocsin_matcher.base import Cost, Failed, Matched, Matcher
from tocsin_matcher.by_evaluator import EvaluatorMatcher
from tocsin_matcher.pack import PackMatcher

__all__ = ["Cost", "EvaluatorMatcher", "Failed", "Matched", "Matcher", "PackMatcher"]
