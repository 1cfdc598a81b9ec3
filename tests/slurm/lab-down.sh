#!/usr/bin/env bash
# Takes down what lab-up.sh started, by the pids it recorded.
LAB=${LAB:-${TMPDIR:-/tmp}/slurm-lab}
stop() { # pidfile name-expected
  local pf=$LAB/run/$1.pid pid
  [ -s "$pf" ] || return 0
  pid=$(cat "$pf")
  if [ -r "/proc/$pid/comm" ] && grep -q "$2" "/proc/$pid/comm"; then
    kill "$pid"
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -0 "$pid" 2>/dev/null && kill -9 "$pid"
    echo "stopped $1 ($pid)"
  fi
  rm -f "$pf"
}
command -v scancel >/dev/null && scontrol ping >/dev/null 2>&1 && { timeout 10 scancel -u "$(id -un)"; sleep 1; }
for f in "$LAB"/run/slurmd-*.pid; do [ -e "$f" ] && stop "$(basename "$f" .pid)" slurmd; done
stop slurmctld slurmctld; stop slurmdbd slurmdbd; stop mariadb mariadbd; stop munged munged
[ "${1:-}" = --purge ] && rm -rf "$LAB" /etc/slurm/slurm.conf /etc/slurm/slurmdbd.conf /etc/slurm/gres.conf
exit 0
