"""From where alerts are written into the database."""
