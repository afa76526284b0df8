"""Bill, then send (S51): one port, the providers behind it, and their webhooks. No storage, no Temporal."""
