"""Receive, translate, store, derive and answer: the server side of playhead."""
