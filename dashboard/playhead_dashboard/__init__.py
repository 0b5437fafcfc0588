"""The pages that show what was recorded."""
