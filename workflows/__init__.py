"""The process: deterministic, durable, waits for anything."""
