"""Answers about runs: the readers, the search language, the read API and the live feed."""
