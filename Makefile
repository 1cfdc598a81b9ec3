# The two commands of a newcomer: `make demo` and `make test`; each sets up what it needs in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
CORES ?= 2

.PHONY: demo demo-voices test test-slurm docs docs-links picture bench bench-accuracy bench-networks lint format setup clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "antiphon needs Python 3.11 or newer; set PYTHON=python3.11 (found %s)" % sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { echo "$(PYTHON) makes no virtual environments; on Debian and Ubuntu install python3-venv, or set PYTHON"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,lint,docs]'
	@touch $@

demo: setup            ## the main job on a season made by formula
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --profile profiles/local --cores $(CORES) --configfile config/demo.yaml
	$(BIN)/antiphon demo-summary --folder demo --results demo/results

demo-voices: setup     ## voices learned from clips by formula: a minute
	$(BIN)/antiphon demo-clips --folder demo-voices/clips --count 30 --rate-hz 8000
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake synthesize --profile profiles/local --cores $(CORES) --configfile config/demo-voices.yaml
	@echo "listen to demo-voices/results/synthesize/demo/index.html"

test: setup            ## all tests that need no cluster and no GPU
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -n $(CORES) --dist loadfile

test-slurm: setup      ## the workflow on a real Slurm, brought up from Debian's packages (as root)
	PATH="$(CURDIR)/$(BIN):$$PATH" ANTIPHON_SLURM_LAB=1 $(BIN)/pytest -m "slurm or slurm_lab" tests/slurm

docs: setup            ## the site, in build/docs/index.html; every warning is an error, links between pages included
	$(BIN)/sphinx-build -W --keep-going -q -c docs -b html . build/docs

picture: setup         ## the picture of the README, from the results of make demo
	$(BIN)/antiphon demo-summary --folder demo --results demo/results --picture docs/pictures/demo.png

docs-links: setup      ## links to other sites, which needs a network
	$(BIN)/sphinx-build -q -c docs -b linkcheck . build/links

bench: setup           ## speed beside peers, as ratios of one run
	for work in ingest stft infer tabulate; do $(BIN)/python -m benchmarks.$$work || exit 1; done

bench-%: setup         ## one of them, such as bench-stft
	$(BIN)/python -m benchmarks.$*

ACCURACY = --settings config/accuracy.yaml config/accuracy_small.yaml --budget-s 120 --threads 1

bench-accuracy: setup  ## every method on the same examples of ANTIPHON_DATA (hours; goes on where it was left)
	$(BIN)/python -m benchmarks.accuracy $(ACCURACY)
	$(BIN)/python -m benchmarks.accuracy $(ACCURACY) --write docs/accuracy.md --complete

lint: setup            ## style, types, workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --lint --configfile tests/lint.yaml

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

clean:
	rm -rf demo demo-voices results logs .snakemake build dist
