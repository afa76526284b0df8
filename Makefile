# Larder: make run, make test, make check, make demo. Each makes its environment first; see bootstrap.py.

PYTHON ?= python3
IN = .venv/bin

.PHONY: run test docs-check contract chaos bench check demo lock environment environment-dev environment-bench

run: environment ## start Larder; Ctrl-C stops it
	@$(IN)/larder up

demo: environment ## the stories, live
	@$(IN)/larder demo

test: environment-dev ## everything, for two cores, as half of it waits; make test ARGS="-n 0 tests/rules" takes a part
	$(IN)/python -m pytest -n 4 --dist=loadfile --no-loadscope-reorder $(ARGS)

docs-check: environment-dev ## every sample of the documentation, run and compared; make docs-check ARGS="--only python"
	@$(IN)/python -m tests.docs.check $(ARGS)

contract: environment-dev ## the lines of docs/contract.md, the tests that name them, and how these end
	$(IN)/python -m pytest -q -n 3 --dist=loadfile --no-loadscope-reorder -p tests.docs.contract $(ARGS)

chaos: environment-dev ## the crash tests at length, under half an hour; make chaos SEED=7 rolls other dice
	CHAOS_LONG=1 CHAOS_SEED=$(or $(SEED),1) CHAOS_SUMMARY=docs/chaos.md \
	$(IN)/python -m pytest -n 3 --dist=loadfile --no-loadscope-reorder tests/chaos

bench: environment-bench ## figures against bare baselines into bench/results; make bench ARGS=--short takes some ten minutes
	$(IN)/python -m bench $(ARGS)

check: environment-dev ## format, lint, strict types, layering
	$(IN)/ruff format --check .
	$(IN)/ruff check .
	$(IN)/mypy .
	$(IN)/python -m pytest -q tests/test_layering.py

lock: ## compile requirements*.txt from pyproject.toml; make lock ARGS=--upgrade takes the newest
	@$(PYTHON) bootstrap.py lock $(ARGS)

environment:
	@$(PYTHON) bootstrap.py

environment-dev:
	@$(PYTHON) bootstrap.py dev

environment-bench:
	@$(PYTHON) bootstrap.py bench
