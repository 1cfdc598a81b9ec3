#!/usr/bin/env bash
# Snakemake runs this inside the new conda environment: install this checkout, whose dependencies are there already.
set -euo pipefail
checkout=${ANTIPHON_CHECKOUT:-$PWD}
[ -f "$checkout/pyproject.toml" ] || { echo "start snakemake in the checkout, or set ANTIPHON_CHECKOUT" >&2; exit 1; }
"$CONDA_PREFIX/bin/python" -m pip install --no-deps --editable "$checkout"
