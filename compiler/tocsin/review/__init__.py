"""What a pull request changes: found by one half of a pipeline, told as a comment by another."""
