"""One machine: starts, watches and stops Temporal, the worker and the API, and says what the machine lacks."""
