"""The command line in this process, on a tiny random ELMo."""

from cli.conftest import run, tiny

__all__ = ["run", "tiny"]
