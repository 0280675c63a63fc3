# make report   build .venv from exact pins, run the studies and print the paper (results/mini/)
# make test     run the tests, two at a time (WORKERS, TESTS)
# make test-quick   those of daily work, in three minutes: unit tests without the slow ones, dry-runs, one small run
# make studies  run the real studies whole at mini scale and check what their papers say
# make show-prompt MODEL=tiny-gemma2   print what a model will see of a row (STUDY, ROW, SPLIT, SCALE, ARM, PROMPT, DATA)
# make chat ARM=qlora MODEL=tiny-gemma2   talk to a tuned model beside its base (STUDY, SCALE, SEED, DATA, ONLY, SYSTEM, LIMIT)
# make card ARM=qlora MODEL=tiny-gemma2   write the model card of a tuned model (STUDY, SCALE, SEED, DATA, FORM)
# make push ARM=qlora REPO=me/name   push adapter and card to the hub; DRY=1 lists the files (as make card; PUBLIC, LICENCE,
#               READ, LEAVE, STAND_IN, PERSONAL; docs/exports.md)
# make lock     refresh config/hub.lock.yaml: the newest commit of each hub model and data set in it
# make benchmark   time the main job
# make bench    measure every recipe and engine on your GPU (ONLY='fused packed', COLLECT='1 May 2027')
# make test-gpu run the tests that need a GPU
# make style    check the style of Python and Snakemake files
# make mini-rows, make mini-models   rebuild the bundled rows and stand-in models

PYTHON ?= python3
SCALE  ?= mini
CORES  ?= all
WORKERS ?= 2
BIN    := .venv/bin
# the environment's programs come first, so that a rule's `python` is this one
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: report bench test-gpu test test-quick studies style show-prompt chat card push lock benchmark mini-rows mini-models unlock clean
.DEFAULT_GOAL := report

.venv/installed: requirements.txt tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: kotune needs Python 3.11 or newer; name one with: make PYTHON=python3.12 report" >&2; exit 2; }
	@echo "building .venv from requirements.txt (some minutes, once; the log is .venv/install.log)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt \
	  > .venv/install.log 2>&1 || { tail -n 20 .venv/install.log; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement tests/requirements.txt \
	  >> .venv/install.log 2>&1 || { tail -n 20 .venv/install.log; exit 1; }
	@touch $@

report: .venv/installed
	@snakemake --cores $(CORES) --config scale=$(SCALE)
	@$(MAKE) --no-print-directory results/$(SCALE)/report.html

results/%/report.html: results/%/paper.pdf
	@snakemake --cores 1 --config scale=$* --report $@ > results/$*/logs/report.log 2>&1 || \
	  { cat results/$*/logs/report.log; exit 1; }
	@echo "wrote $@"

# the tests of a file share what they build: they stay on one worker (loadgroup of xdist 3.8 groups nothing with pytest 9.2)
PYTEST = python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test: .venv/installed
	@$(PYTEST) $(TESTS)

test-quick: .venv/installed
	@$(PYTEST) -m "not gpu and not whole and not slow" tests/unit tests/workflow tests/end_to_end/test_rerun.py

studies: .venv/installed
	@python -m pytest -m whole tests/end_to_end/test_studies.py

style: .venv/installed
	ruff check . && ruff format --check . && snakefmt --check Snakefile workflow
	snakemake --lint

show-prompt: STUDY ?= econ-qa
show-prompt: .venv/installed
	@python tools/show_prompt.py --study '$(STUDY)' --model '$(MODEL)' --scale '$(SCALE)' \
	  $(if $(ROW),--row '$(ROW)') $(if $(SPLIT),--split '$(SPLIT)') $(if $(ARM),--arm '$(ARM)') \
	  $(if $(PROMPT),--prompt '$(PROMPT)') $(if $(DATA),--data '$(DATA)')

chat: STUDY ?= econ-qa
chat: .venv/installed
	@python tools/chat.py --study '$(STUDY)' --scale '$(SCALE)' \
	  $(if $(ARM),--arm '$(ARM)') $(if $(MODEL),--model '$(MODEL)') $(if $(SEED),--seed '$(SEED)') \
	  $(if $(DATA),--data '$(DATA)') $(if $(ONLY),--only '$(ONLY)') $(if $(SYSTEM),--system '$(SYSTEM)') \
	  $(if $(LIMIT),--limit '$(LIMIT)')

WHOSE = --study '$(STUDY)' --scale '$(SCALE)' $(if $(ARM),--arm '$(ARM)') $(if $(MODEL),--model '$(MODEL)') \
  $(if $(SEED),--seed '$(SEED)') $(if $(DATA),--data '$(DATA)') $(if $(FORM),--form '$(FORM)')

card: STUDY ?= econ-qa
card: .venv/installed
	@card="$$(python tools/push_adapter.py $(WHOSE) --where)" && snakemake --cores $(CORES) "$$card" \
	  --config scale='$(SCALE)' studies='[$(STUDY)]' $(if $(DATA),data='{$(STUDY): $(DATA)}')

push: STUDY ?= econ-qa
push: .venv/installed
	@python tools/push_adapter.py $(WHOSE) $(if $(REPO),--repo '$(REPO)') $(if $(DRY),--dry-run) $(if $(PUBLIC),--public) \
	  $(if $(LICENCE),--licence-text '$(LICENCE)') $(if $(READ),--licence-read) $(if $(LEAVE),--leave '$(LEAVE)') \
	  $(if $(STAND_IN),--stand-in) $(if $(PERSONAL),--personal)

lock: .venv/installed
	@python tools/refresh_lock.py --catalogues config/models.yaml config/datasets.yaml --lock config/hub.lock.yaml

bench: .venv/installed
	@PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True python tools/benchmark_gpu.py \
	  $(if $(ONLY),--only $(ONLY)) $(if $(COLLECT),--collect '$(COLLECT)')

test-gpu: .venv/installed
	@python -m pytest -m gpu -rs tests/gpu

benchmark: .venv/installed
	@python tools/benchmark.py

mini-rows: .venv/installed
	@for kind in rows reports squad chats benchmark mixture; do python tools/make_mini_$$kind.py || exit 1; done

mini-models: .venv/installed
	@echo "about four minutes on one H200 with 16 cores; far longer without a GPU"
	python tools/make_mini_models.py

unlock: .venv/installed
	snakemake --unlock

clean:
	rm -rf results .snakemake
