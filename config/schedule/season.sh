#!/usr/bin/env bash
# One scheduled run of a season: looks for new recordings, computes what they change, prints one line.
#   config/schedule/season.sh SETTINGS.yaml [PROFILE] [anything else for Snakemake]
# PROFILE is a folder, profiles/slurm if not given. Nothing of the environment is needed: cron gives none.
# Exit status: 0 complete · 75 another scheduled run is at work, nothing done · else Snakemake's, something is missing.
set -uo pipefail
checkout=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
cd "${ANTIPHON_WORK:-$checkout}" || exit 1
settings=${1:?usage: season.sh SETTINGS.yaml [PROFILE] [more for Snakemake]}
profile=${2:-profiles/slurm}
shift $(($# < 2 ? $# : 2))
export HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export PATH="${ANTIPHON_BIN:-$checkout/.venv/bin}:${PATH:-/usr/local/bin:/usr/bin:/bin}"
export LANG=${LANG:-C.UTF-8}

mkdir -p .snakemake/scheduled
# The lock is the kernel's: it is gone with the process that held it, whatever ended that. ANTIPHON_LOCK names a file on
# a disk of this machine where the working folder's file system knows no locks.
exec 9>"${ANTIPHON_LOCK:-.snakemake/scheduled/lock}"
if ! flock --nonblock 9; then
  echo "antiphon: another scheduled run is at work here; nothing done"
  exit 75
fi

log=.snakemake/scheduled/$(date +%Y-%m-%dT%H%M%S).log
# Forcing ingest finds files that grew in place; headers that were read are not read again.
snakemake --profile "$profile" --configfile "$settings" "$@" --forcerun ingest >"$log" 2>&1 9>&-
status=$?
state=$(antiphon plan --configfile "$settings" --brief 2>&1 | tail -1)
if [ $status -eq 0 ]; then
  jobs=$(sed -n 's/^\([0-9]*\) of [0-9]* steps (100%) done$/\1/p' "$log" | tail -1)
  echo "antiphon: $state; ${jobs:-0} steps"
elif grep -q 'Directory cannot be locked' "$log"; then
  echo "antiphon: NOT RUN: the folder is locked by a Snakemake that runs or was killed; if none runs: snakemake --unlock --configfile $settings"
else
  why=$(grep -E -A1 '^(antiphon [a-z-]+:|Error in rule |WorkflowError)' "$log" | grep -vE '^(--|Workflow|    message:)' |
    sort -u | head -3 | paste -sd';')
  echo "antiphon: FAILED ($status): $state; ${why:-see the log}; log $PWD/$log"
fi
exit $status
