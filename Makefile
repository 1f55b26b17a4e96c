# keras-elmo: everything a fresh machine with Python and make needs. `make` alone lists the targets.
#
# Each target makes its own virtual environment first and installs what it needs, once: a stamp file
# inside the environment, named after the contents of pyproject.toml, says that it is up to date.

PYTHON ?= python3
VENV ?= .venv
VENV_JAX ?= .venv-jax
VENV_TORCH ?= .venv-torch
# Installed before the extras, so that pip keeps this build and fetches no other.
TORCH ?= torch==2.13.0
# AllenNLP's Elmo by itself, which reads what we write; its requirements must not meet ours.
PEER ?= simple-elmo-pytorch==0.2
# More for pytest, such as: make test PYTEST_ARGS="-k golden"
PYTEST_ARGS ?=
# Where `make results` finds its data sets and its text.
DATA ?= ../shared/data
CORPUS ?= ../shared/corpus
PARALLEL := --numprocesses auto --dist worksteal

BIN := $(VENV)/bin
# Not all modules of a package are ever imported: Python compiles those that are.
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile
STAMP := $(shell cksum <pyproject.toml | cut -d ' ' -f 1)

# Published ELMo vectors, read as files by the golden tests and never imported. They lie in a folder
# of their own: the package is old, and its requirements must not meet ours.
ALLENNLP := allennlp==0.9.0
FIXTURES := $(VENV)/fixtures
export KERAS_ELMO_FIXTURES := $(abspath $(FIXTURES))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test jax torch test-all results examples lint types format ci clean setup environments

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.demo-$(STAMP) ## train and compare on real reviews, under 6 minutes (DEMO_FAST=1: 90 seconds)
	$(BIN)/keras-elmo demo

test: $(VENV)/.dev-$(STAMP) $(VENV)/.fixtures ## run the tests on TensorFlow
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(PARALLEL) -m "not slow" $(PYTEST_ARGS)

jax: $(VENV_JAX)/.dev-$(STAMP) $(VENV)/.fixtures ## run the portable tests on JAX
	KERAS_BACKEND=jax $(VENV_JAX)/bin/python -m pytest $(PARALLEL) -m "portable and not slow" $(PYTEST_ARGS)

torch: $(VENV_TORCH)/.dev-$(STAMP) $(VENV)/.fixtures ## run the portable tests on PyTorch
	KERAS_BACKEND=torch $(VENV_TORCH)/bin/python -m pytest $(PARALLEL) -m "portable and not slow" $(PYTEST_ARGS)

test-all: environments ## before a release: the slow tests too, on all backends, everything compiled
	KERAS_BACKEND=tensorflow $(BIN)/python -m pytest $(PARALLEL) --compiled $(PYTEST_ARGS)
	KERAS_BACKEND=jax $(VENV_JAX)/bin/python -m pytest $(PARALLEL) --compiled -m "portable or portable_slow" $(PYTEST_ARGS)
	KERAS_BACKEND=torch $(VENV_TORCH)/bin/python -m pytest $(PARALLEL) --compiled -m "portable or portable_slow" $(PYTEST_ARGS)

results: $(VENV)/.dev-$(STAMP) ## measure all of docs/results.md anew: hours, but it goes on where it was stopped
	$(BIN)/python -m benchmarks.results $(DATA) $(CORPUS) -o results

examples: $(VENV)/.demo-$(STAMP) ## run every program of examples/
	@set -e; for program in examples/*.py; do \
		case $$program in \
			*_jax.py) backend=jax; python=$(VENV_JAX)/bin/python;; \
			*_torch.py) backend=torch; python=$(VENV_TORCH)/bin/python;; \
			*) backend=tensorflow; python=$(BIN)/python;; \
		esac; \
		echo "== $$program"; \
		if [ -x $$python ]; then KERAS_BACKEND=$$backend $$python $$program; \
		else echo "skipped: \`make $$backend\` makes the environment for it"; fi; \
	done

lint: $(VENV)/.dev-$(STAMP) ## check format and style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev-$(STAMP) ## check types
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/.dev-$(STAMP) ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

ci: ## run what CI runs
	bash .ci/run

setup: $(VENV)/.dev-$(STAMP) $(VENV)/.fixtures ## only make the environment for development

environments: setup $(VENV_JAX)/.dev-$(STAMP) $(VENV_TORCH)/.dev-$(STAMP) ## make those for JAX and PyTorch too

clean: ## remove the environments, caches and build output
	rm -rf .venv .venv-jax .venv-torch .venv-wheel build dist runs
	rm -rf .pytest_cache .ruff_cache .hypothesis
	find src tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

# === Environments ===

# A Python that cannot make environments is told apart here, before it leaves half of one behind.
%/.venv-made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "keras-elmo needs Python 3.11 or newer. Received: $$($(PYTHON) --version 2>&1)."; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; } >&2
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: its modules venv and ensurepip are missing."; \
		echo "On Debian and Ubuntu: sudo apt install python3-venv. Elsewhere name a complete Python:"; \
		echo "make $(MAKECMDGOALS) PYTHON=/path/to/python3"; exit 1; } >&2
	@echo "Making $* with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $*
	@touch $@

$(VENV)/.demo-$(STAMP): | $(VENV)/.venv-made
	@echo "Installing keras-elmo with TensorFlow (several hundred MB at the first time) ..."
	@$(BIN)/python $(PIP_INSTALL) -e ".[tensorflow,demo,plots,onnx,serve]"
	@touch $@

$(VENV)/.dev-$(STAMP): | $(VENV)/.venv-made
	@echo "Installing keras-elmo with TensorFlow and its tools (several hundred MB at the first time) ..."
	@$(BIN)/python $(PIP_INSTALL) -e ".[tensorflow,demo,onnx,plots,tensorboard,zstd,parquet,datasets,serve,serving-tests,dev,lint]"
	@rm -f $(VENV)/.demo-* $(VENV)/.dev-* && touch $@ $(VENV)/.demo-$(STAMP)

$(VENV_JAX)/.dev-$(STAMP): | $(VENV_JAX)/.venv-made
	@echo "Installing keras-elmo with JAX ..."
	@$(VENV_JAX)/bin/python $(PIP_INSTALL) -e ".[jax,demo,onnx,plots,dev]"
	@rm -f $(VENV_JAX)/.dev-* && touch $@

$(VENV_TORCH)/.dev-$(STAMP): | $(VENV_TORCH)/.venv-made
	@echo "Installing keras-elmo with PyTorch ..."
	@$(VENV_TORCH)/bin/python $(PIP_INSTALL) "$(TORCH)"
	@$(VENV_TORCH)/bin/python $(PIP_INSTALL) -e ".[torch,demo,onnx,plots,dev]"
	@$(VENV_TORCH)/bin/python $(PIP_INSTALL) --no-deps "$(PEER)" || \
		echo "Could not fetch $(PEER): the test that reads our files with it will skip." >&2
	@rm -f $(VENV_TORCH)/.dev-* && touch $@

# Without them (no network, say) the tests still run: the golden ones skip and say why. No stamp is
# left then, so that the next call tries again.
$(VENV)/.fixtures: | $(VENV)/.venv-made
	@if $(BIN)/python $(PIP_INSTALL) --no-deps --target $(FIXTURES) --upgrade "$(ALLENNLP)"; \
	then touch $@; \
	else echo "Could not fetch $(ALLENNLP): golden tests that read its published vectors will skip." >&2; \
	fi
