"""The outside: telling a household's own servers what happened (Standard Webhooks)."""
