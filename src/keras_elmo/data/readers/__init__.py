"""The formats: a source → records."""
