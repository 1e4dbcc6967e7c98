"""Many alerts into the server, whose parts are killed meanwhile: `python -m alert_load.record`."""
