# Everything a newcomer needs: `make demo`, then `make test`.
UV := .venv/bin/uv
UV_VERSION := 0.13.9
PYTHON ?= python3

.PHONY: setup demo test lint docs bench clean
.DEFAULT_GOAL := demo

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	@test -x $(UV) || { $(PYTHON) -m venv .venv && .venv/bin/pip install --quiet uv==$(UV_VERSION); }
	@VIRTUAL_ENV=$(CURDIR)/.venv $(UV) sync --frozen --active --inexact --quiet
	@touch $@
