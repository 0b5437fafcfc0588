"""The door: who may come in, what is accepted of OTLP, and when it is acknowledged."""
