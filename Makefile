# Two commands matter: `make demo`, then `make test`. Both do all the set-up themselves.
PYTHON ?= python3
BIN := .venv/bin
HASHED := --require-build-hashes --preview-features build-dependency-hashes
JOBS_NEEDED := git java javac mvn chromium pg_ctlcluster

# A command starts in half the time where the byte code of its modules is kept.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := demo
.PHONY: setup demo test lint docs bench clean

setup: .venv/.ready  ## everything, the tocsin command included, into .venv
	@$(BIN)/python -m tocsin_flink_sql.matcher.maven || true  # it says what is missing, and what will not work

.venv/.ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Tocsin needs Python 3.11 or newer")'
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --require-hashes -r .ci/uv.txt; }
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync $(HASHED) --frozen --active --inexact --quiet --extra server
	@$(BIN)/python -m compileall -q compiler backends runtime
	@touch $@

# Spark is large, and only its tests need it.
.venv/.spark: .venv/.ready
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync $(HASHED) --frozen --active --inexact --quiet --extra server --extra spark
	@touch $@

demo: setup  ## the main job from validation to rollback, and to a queue of findings (ARGS=--no-serve: without it)
	@bash docs/demo.sh $(ARGS)

test: setup .venv/.spark lint  ## the whole suite, real engines included
	@for tool in $(JOBS_NEEDED); do command -v $$tool >/dev/null || { \
	  echo "make test needs $$tool; on Debian: apt-get install git openjdk-17-jdk-headless maven chromium postgresql" >&2; exit 2; }; done
	@$(BIN)/pytest -n 3 --dist loadscope --no-loadscope-reorder

lint: setup | build  ## style, types, layers, workflows
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >build/layers.txt 2>&1 || { cat build/layers.txt; exit 1; }

docs: setup  ## regenerate the generated parts of docs/
	@$(BIN)/cog -r README.md docs/*.md docs/checks/README.md docs/conformance/*.md docs/deployments/*.md

.venv/.bench: .venv/.ready
	@VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv sync $(HASHED) --frozen --active --inexact --quiet --extra server --group bench
	@touch $@

bench: .venv/.bench  ## measure, and renew docs/performance.md; hours (bench.run --quick: minutes)
	@$(BIN)/python -m bench.run

clean:
	@rm -rf build backends/tocsin_flink_sql/java/target .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

build:
	@mkdir -p build
