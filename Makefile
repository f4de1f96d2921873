# `make search` runs the main job, `make test` all checks; each sets up what it needs.

PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
TORCH ?= torch==2.13.0
# Where torch has builds for the CPU, which on Linux saves gigabytes of CUDA libraries; where it
# cannot be reached, the usual index serves. `make TORCH_INDEX=` takes the usual build.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH_ONLY = --no-deps --retries 1 --extra-index-url $(TORCH_INDEX)
# Networks that tests import, of the extra "zoo". Without what they depend on: torch is there, and
# the rest is for fetching trained weights.
ZOO = timm torchvision

BIN := $(VENV)/bin
READY := $(VENV)/.ready
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
# Tests start many processes, each of which would compile all modules where bytecode is not kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help search test lint typecheck docs fast slow lowest smoke clean

help:
	@echo "make search   set up and run 'nas search' on the built-in digits"
	@echo "make test     set up and run formatter, linter, type check, documentation and all tests"
	@echo "make docs     set up and build the documentation into site/"
	@echo "make lowest   set up the lowest versions that pyproject.toml allows and run a short part of the tests"
	@echo "make clean    remove the virtual environments and caches"

# torch comes first: anything that depends on it would otherwise choose the build.
$(READY): pyproject.toml $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(if $(TORCH_INDEX),$(TORCH_ONLY)) $(TORCH)
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) $(if $(TORCH_INDEX),$(TORCH_ONLY),--no-deps) $(ZOO)
	touch $@

search: $(READY)
	$(BIN)/nas search

test: lint typecheck docs fast slow

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

typecheck: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy tests benchmarks examples docs

# Quiet: the theme advertises another program here.
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

fast: $(READY)
	$(ONE_THREAD) $(BIN)/pytest -q -n 2

slow: $(READY)
	$(ONE_THREAD) $(BIN)/pytest -q -n 2 --dist worksteal -m slow

# Not part of `make test`: the installation alone takes minutes.
LOWEST = $(MAKE) --no-print-directory VENV=$(VENV)-lowest CONSTRAINTS=constraints-lowest.txt

lowest:
	$(LOWEST) smoke

$(VENV)-lowest/.ready:
	$(LOWEST) $@

smoke: $(READY)
	$(ONE_THREAD) $(BIN)/nas search --dataset digits --n-trials 6 --finalists 2 --finalist-epochs 1 --max-epochs 1 --out $(VENV)/smoke
	$(BIN)/nas report $(VENV)/smoke
	$(BIN)/nas export $(VENV)/smoke --format onnx
	$(ONE_THREAD) $(BIN)/pytest -q -n 2 tests/nas/study/test_search.py tests/nas/graph tests/nas/data/formats tests/nas/exporting/test_export.py

clean:
	rm -rf $(VENV) $(VENV)-lowest site .mypy_cache .pytest_cache .ruff_cache *.egg-info
