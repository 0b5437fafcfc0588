"""From wire spans of any dialect to rows of one shape."""
