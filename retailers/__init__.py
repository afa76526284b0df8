"""The outside: how an order reaches a retailer and how a retailer's word is believed."""
