"""The index: a DuckDB file that can be made again from the segment log at any time."""
