"""Record AI agents: every prompt, tool output, decision, retry and state change."""
