#!/usr/bin/env bash
# One-host, several-node Slurm (munged, mariadbd, slurmdbd, slurmctld, slurmd) on loopback, no systemd, as root.
# Debian 12 packages. Leaves pid files under $LAB/run for lab-down.sh. Idempotent.
#   LAB=${TMPDIR:-/tmp}/slurm-lab NODES=2 NODE_CPUS=4 NODE_MEM=64000 GPUS=2 SLURM_WITH_DB=1 ./lab-up.sh
# NODES cpu nodes c1..cN plus one node g1 with GPUS fake GPUs, all of them slurmd's on this host.
# CPUs and memory are claimed, not real (config_overrides), so that wide jobs can be placed.
set -euo pipefail
LAB=${LAB:-${TMPDIR:-/tmp}/slurm-lab}
GPUS=${GPUS:-2}
WITH_DB=${SLURM_WITH_DB:-1}
ACCOUNT=${SLURM_LAB_ACCOUNT:-pam}
[ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 1; }

# ---- packages -------------------------------------------------------------
need=()
for p in slurm-wlm slurm-client munge; do dpkg -s "$p" >/dev/null 2>&1 || need+=("$p"); done
if [ "$WITH_DB" = 1 ]; then
  for p in slurmdbd mariadb-server; do dpkg -s "$p" >/dev/null 2>&1 || need+=("$p"); done
fi
if [ ${#need[@]} -gt 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >"${TMPDIR:-/tmp}/slurm-apt.log" 2>&1
fi

HOST=$(hostname -s)
getent hosts "$HOST" >/dev/null || echo "127.0.0.1 $HOST" >>/etc/hosts
NODES=${NODES:-2}; NODE_CPUS=${NODE_CPUS:-4}; NODE_MEM=${NODE_MEM:-64000}

mkdir -p "$LAB"/{run,log,state,spool,db,tmp}
chmod 755 "$LAB" "$LAB"/*
alive() { [ -s "$1" ] && grep -qs "$2" "/proc/$(cat "$1")/comm"; }   # pid file, process name
wait_for() { # what seconds command...
  local what=$1 n=$(( $2 * 5 )); shift 2
  for ((i=0;i<n;i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done
  echo "timed out waiting for $what; logs in $LAB/log" >&2; return 1
}

# ---- munge (runs as user munge; dirs must be its own and not group/world-writable) ----
[ -s /etc/munge/munge.key ] || mungekey --create --keyfile /etc/munge/munge.key
chown munge:munge /etc/munge/munge.key; chmod 600 /etc/munge/munge.key
install -d -o munge -g munge -m 755 /run/munge
install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
if ! munge -n >/dev/null 2>&1; then
  setpriv --reuid=munge --regid=munge --clear-groups /usr/sbin/munged --num-threads=2
  wait_for munged 10 munge -n
fi
cp /run/munge/munged.pid "$LAB/run/munged.pid"

# ---- gres: fake GPUs, one character device per GPU ----
GRES_LINES= ; NODE_LINES= ; GPU_PART= ; ALL=() ; CPU_NODES=
port=17001
for ((i=1;i<=NODES;i++)); do
  ALL+=("c$i"); CPU_NODES+="${CPU_NODES:+,}c$i"
  NODE_LINES+="NodeName=c$i NodeHostname=$HOST NodeAddr=127.0.0.1 Port=$port CPUs=$NODE_CPUS RealMemory=$NODE_MEM State=UNKNOWN"$'\n'
  port=$((port+1))
done
if [ "$GPUS" -gt 0 ]; then
  ALL+=(g1); mkdir -p "$LAB/dev"
  NODE_LINES+="GresTypes=gpu"$'\n'"NodeName=g1 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=$port CPUs=$NODE_CPUS RealMemory=$NODE_MEM Gres=gpu:$GPUS State=UNKNOWN"$'\n'
  GPU_PART="PartitionName=gpu Nodes=g1 MaxTime=1-00:00:00 DefMemPerCPU=512 State=UP"
  for ((i=0;i<GPUS;i++)); do
    [ -c "$LAB/dev/fakegpu$i" ] || mknod -m 666 "$LAB/dev/fakegpu$i" c 1 3
    GRES_LINES+="NodeName=g1 Name=gpu File=$LAB/dev/fakegpu$i"$'\n'
  done
fi

# ---- configuration ----
mkdir -p /etc/slurm
if [ "$WITH_DB" = 1 ]; then
  ACCT="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStorageTRES=gres/gpu
AccountingStorageEnforce=associations,limits"
  [ "$GPUS" -gt 0 ] || ACCT=${ACCT/AccountingStorageTRES=gres\/gpu/}
else
  ACCT="AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$LAB/log/jobcomp.txt"
fi
cat >/etc/slurm/slurm.conf <<CONF
ClusterName=lab
SlurmctldHost=$HOST
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
ReturnToService=2
StateSaveLocation=$LAB/state
SlurmdSpoolDir=$LAB/spool/%n
SlurmdParameters=config_overrides
SlurmctldPidFile=$LAB/run/slurmctld.pid
SlurmdPidFile=$LAB/run/slurmd-%n.pid
SlurmctldLogFile=$LAB/log/slurmctld.log
SlurmdLogFile=$LAB/log/slurmd-%n.log
SlurmctldTimeout=30
SlurmdTimeout=${SLURMD_TIMEOUT:-20}
MinJobAge=600
KillWait=5
InactiveLimit=0
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_min_interval=100000
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
$ACCT
$NODE_LINES
PartitionName=cpu Nodes=$CPU_NODES Default=YES MaxTime=2-00:00:00 DefMemPerCPU=512 OverSubscribe=NO State=UP
$GPU_PART
CONF
printf '%s' "$GRES_LINES" >/etc/slurm/gres.conf
rm -f /etc/slurm/cgroup.conf

# ---- accounting: mariadbd on a socket only, then slurmdbd ----
if [ "$WITH_DB" = 1 ]; then
  SOCK=$LAB/run/mariadb.sock
  chown mysql:mysql "$LAB/db" "$LAB/tmp"; chmod 777 "$LAB/run"
  [ -d "$LAB/db/mysql" ] || mariadb-install-db --no-defaults --user=mysql --datadir="$LAB/db" \
        --auth-root-authentication-method=socket --skip-test-db >"$LAB/log/mariadb-install.log" 2>&1
  if ! alive "$LAB/run/mariadb.pid" mariadbd; then
    /usr/sbin/mariadbd --no-defaults --user=mysql --datadir="$LAB/db" --tmpdir="$LAB/tmp" \
      --socket="$SOCK" --pid-file="$LAB/run/mariadb.pid" --skip-networking \
      --innodb-buffer-pool-size=128M --innodb-lock-wait-timeout=900 --innodb-log-file-size=32M \
      </dev/null >"$LAB/log/mariadb.log" 2>&1 &
    disown
  fi
  wait_for mariadb 60 mariadb --no-defaults -u root -S "$SOCK" -e 'select 1'
  mariadb --no-defaults -u root -S "$SOCK" -e "
    create database if not exists slurm_acct_db;
    create user if not exists 'slurm'@'localhost' identified by 'slurm';
    grant all on slurm_acct_db.* to 'slurm'@'localhost';"
  # slurmdbd takes StorageHost only; libmariadb uses this socket for 'localhost'
  export MYSQL_UNIX_PORT=$SOCK
  cat >/etc/slurm/slurmdbd.conf <<CONF
AuthType=auth/munge
DbdHost=localhost
SlurmUser=root
PidFile=$LAB/run/slurmdbd.pid
LogFile=$LAB/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CONF
  chmod 600 /etc/slurm/slurmdbd.conf
  alive "$LAB/run/slurmdbd.pid" slurmdbd || /usr/sbin/slurmdbd
  wait_for slurmdbd 60 sacctmgr -n show cluster
  sacctmgr -i add cluster lab >/dev/null 2>&1 || true
  sacctmgr -i add account "$ACCOUNT" Description=lab Organization=lab >/dev/null 2>&1 || true
  sacctmgr -i add user root Account="$ACCOUNT" DefaultAccount="$ACCOUNT" >/dev/null 2>&1 || true
fi

# ---- the controller and the node ----
alive "$LAB/run/slurmctld.pid" slurmctld || /usr/sbin/slurmctld
wait_for slurmctld 30 scontrol ping
for n in "${ALL[@]}"; do
  mkdir -p "$LAB/spool/$n"
  alive "$LAB/run/slurmd-$n.pid" slurmd || /usr/sbin/slurmd -N "$n"
done
up() { [ "$(sinfo -h -N -o '%N %T' | sort -u | grep -cE ' (idle|mixed|allocated|completing)$')" = "${#ALL[@]}" ]; }
wait_for "nodes ${ALL[*]}" 30 up || { scontrol show node; exit 1; }
sinfo -o "%P %a %D %T %C %m %G"
echo "slurm $(sinfo -V | cut -d' ' -f2) up; pids: $(cd "$LAB/run" && grep -H . ./*.pid | tr '\n' ' ')"
