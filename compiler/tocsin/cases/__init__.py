"""Cases: named examples of a detection, run by the evaluator and by real engines."""
