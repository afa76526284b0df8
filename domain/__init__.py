"""The vocabulary: facts, stock, orders, decisions, errors. Only pydantic and the standard library."""
