"""The worker: events in, matches and alerts out, positions committed together with both."""
