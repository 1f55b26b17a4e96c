"""Sentences and labels → batches of arrays."""
