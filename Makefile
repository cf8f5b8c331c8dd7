# `make reproduce` makes every table and figure of the paper, `make test` checks the project.
# Both need Python >= 3.11, git and make, and bring everything else into .venv themselves.

PROFILE ?= quick
PYTHON ?=
RUN := .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help environment reproduce test lint unit regression outputs lab lock
unexport PYTHONPATH PYTHONHOME

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile
	@echo "Options: PROFILE=smoke|quick|laptop|paper, PYTHON=/path/to/python3.12"

reproduce: environment ## every table and figure: trainings, notebooks, figures/REPORT.md
	@$(RUN) sgnlib.cli reproduce --profile $(PROFILE)

test: lint unit regression ## all checks

lint: environment ## style and types
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

unit: environment ## unit tests
	@OMP_NUM_THREADS=1 $(RUN) pytest -q -n 2

regression: environment ## notebooks against their committed outputs, tables and figures in tolerance
	@$(RUN) sgnlib.cli reproduce --profile quick --until trainings
	@$(RUN) tests.regression

outputs: environment ## puts the outputs of `make reproduce` into notebooks/, ready to commit
	@$(RUN) sgnlib.pipeline.outputs

lab: environment ## JupyterLab with the notebooks; asks no server for news, mixes without delay
	@$(RUN) jupyterlab notebooks --LabApp.news_url=None \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
		--ServerApp.kernel_websocket_connection_class=sgnlib.live.sockets.Undelayed

lock: environment ## compiles requirements.lock anew from pyproject.toml
	@$(RUN) uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock

# Redone when the lock, the project's declaration or the checkout's place has changed: contents,
# not time stamps, and written last, so that an interrupted installation is no installation.
environment:
	@stamp="$$(cat requirements.lock pyproject.toml | cksum) $$(pwd)"; \
	[ "$$(cat .venv/installed 2>/dev/null)" = "$$stamp" ] && exit 0; \
	set -e; \
	is_python() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
	if ! is_python .venv/bin/python; then \
	  for found in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python3.14 python); do \
	    is_python "$$found" && break; found=; \
	  done; \
	  [ -n "$$found" ] || { echo "No Python >= 3.11 on the PATH. Install one, or name it:" \
	    "make reproduce PYTHON=/path/to/python3.12" >&2; exit 1; }; \
	  echo "Making .venv with $$("$$found" --version) ($$(command -v "$$found"))"; \
	  "$$found" -m venv --clear .venv || { echo "$$found cannot make virtual environments;" \
	    "on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi; \
	echo "Installing what requirements.lock pins (once; about 6 GB on Linux)"; \
	awk '/^[^ #]/ {keep = /^uv==/} keep' requirements.lock > .venv/uv.lock; \
	$(RUN) pip install -q --disable-pip-version-check --require-hashes -r .venv/uv.lock; \
	$(RUN) uv pip install -q --python .venv/bin/python --require-hashes -r requirements.lock; \
	$(RUN) uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .; \
	echo "$$stamp" > .venv/installed
