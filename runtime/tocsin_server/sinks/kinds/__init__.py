"""The kinds of sinks that Tocsin brings."""
