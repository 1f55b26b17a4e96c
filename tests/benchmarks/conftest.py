"""A tiny random ELMo."""

from cli.conftest import tiny

__all__ = ["tiny"]
