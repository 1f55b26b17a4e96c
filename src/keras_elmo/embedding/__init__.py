"""Frozen ELMo: sentences → features."""
