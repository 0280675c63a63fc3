# make report   build .venv from exact pins, run the studies and print the paper (results/mini/)
# make test     run the tests
# make style    check the style of Python and Snakemake files
# make mini-rows, make mini-models   make the bundled rows and stand-in models anew

PYTHON ?= python3
SCALE  ?= mini
CORES  ?= all
BIN    := .venv/bin
# the environment's programs come first, so that a rule's `python` is this one
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: report test style mini-rows mini-models unlock clean
.DEFAULT_GOAL := report

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: kotune needs Python 3.11 or newer; name one with: make PYTHON=python3.12 report" >&2; exit 2; }
	@echo "building .venv from requirements.txt (some minutes, once; the log is .venv/install.log)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt \
	  > .venv/install.log 2>&1 || { tail -n 20 .venv/install.log; exit 1; }
	@touch $@

report: .venv/installed
	@snakemake --cores $(CORES) --config scale=$(SCALE)
	@$(MAKE) --no-print-directory results/$(SCALE)/report.html

results/%/report.html: results/%/paper.pdf
	@snakemake --cores 1 --config scale=$* --report $@ --quiet all
	@echo "report  $@"

test: .venv/installed
	@python -m pytest -m "not gpu" $(TESTS)

style: .venv/installed
	ruff check . && ruff format --check . && snakefmt --check Snakefile workflow
	snakemake --lint

mini-rows: .venv/installed
	python scripts/make_mini_rows.py

mini-models: .venv/installed
	@echo "about ten minutes on one H200 with 16 cores; many hours on a laptop"
	python scripts/make_mini_models.py

unlock: .venv/installed
	snakemake --unlock

clean:
	rm -rf results .snakemake
