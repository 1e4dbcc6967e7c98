"""What a match becomes: a record for correlations, and an alert for people."""
