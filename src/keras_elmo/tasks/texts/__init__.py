"""A whole text: its class or its number."""
