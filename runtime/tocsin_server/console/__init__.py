"""The pages that people look at: the queue, findings, suppressions, noisy detections."""
