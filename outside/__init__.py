"""The way out: every call to an address that a stranger gave passes the guard."""
