"""A sequence from a sequence."""
