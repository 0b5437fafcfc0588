"""Hooks that turn what frameworks do into playhead steps; one module per framework."""
