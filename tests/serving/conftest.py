"""Servers are tried where the extra `serve` is: in the environment of `make test`."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("fastapi") and find_spec("uvicorn") else ["test_*.py"]
