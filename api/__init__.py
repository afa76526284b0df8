"""The front door: HTTP in, one call to Temporal or storage, HTTP out. Decides nothing."""
