"""The history for machines and for people's files: CSV, JSON, Navigator, OSCAL, PDF, a manifest."""
