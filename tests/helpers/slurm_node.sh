#!/usr/bin/env bash
# A real SLURM of one node on this machine, with a stand-in for a GPU: slurm_node.sh up|down FOLDER
#
# For tests; as root, on loopback, without systemd, cgroups or accounting (Debian's slurm-wlm and munge). All state lies in
# FOLDER; only the configuration lies where the programs look for it, and one that this script did not write is left alone.
set -eu
action=$1 state=$2
configuration=/etc/slurm/slurm.conf
mark="# written by kotune's tests/slurm_node.sh"

stop() {
  for name in slurmd slurmctld munged; do
    if [ -s "$state/$name.pid" ]; then
      pid=$(cat "$state/$name.pid")
      kill "$pid" 2>/dev/null || true
      for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
      kill -9 "$pid" 2>/dev/null || true
    fi
  done
  if grep -qs "$mark" "$configuration"; then
    rm -f "$configuration" /etc/slurm/gres.conf /etc/slurm/cgroup.conf
  fi
}

if [ "$action" = down ]; then
  stop
  exit 0
fi

if [ -e "$configuration" ] && ! grep -qs "$mark" "$configuration"; then
  echo "error: $configuration belongs to another SLURM; this script does not touch it" >&2
  exit 2
fi
if [ -e "$configuration" ]; then # one of ours, whose tests were killed
  (state=$(sed -n 's#^SlurmdSpoolDir=\(.*\)/spool$#\1#p' "$configuration") && stop)
fi
mkdir -p "$state"/{state,spool,log,munge} /run/munge
chmod 700 "$state/munge"
chmod 755 /run/munge
socket=/run/munge/kotune-test.socket
dd if=/dev/urandom of="$state/munge/key" bs=128 count=1 status=none
chmod 600 "$state/munge/key"
# --force: a folder for tests may lie below one that others can write to
munged --force --key-file="$state/munge/key" --socket="$socket" --pid-file="$state/munged.pid" \
  --log-file="$state/munge/log" --seed-file="$state/munge/seed"

host=$(hostname -s)
memory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 - 512))
[ -c "$state/gpu0" ] || mknod "$state/gpu0" c 1 3 # SLURM takes only a device for a GPU: this one is /dev/null
cat > "$configuration" <<END
$mark
ClusterName=kotune-test
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=26817
SlurmdPort=26818
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
StateSaveLocation=$state/state
SlurmdSpoolDir=$state/spool
SlurmctldLogFile=$state/log/slurmctld.log
SlurmdLogFile=$state/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=500000,batch_sched_delay=0
ReturnToService=2
# two cores whatever the machine has, so that every machine tries the same
SlurmdParameters=config_overrides
MinJobAge=300
KillWait=5
InactiveLimit=0
SwitchType=switch/none
MpiDefault=none
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=$memory Gres=gpu:1 State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
echo "NodeName=$host Name=gpu File=$state/gpu0" > /etc/slurm/gres.conf
printf 'ConstrainCores=no\nConstrainRAMSpace=no\nConstrainDevices=no\n' > /etc/slurm/cgroup.conf
slurmctld -c -L "$state/log/slurmctld.log"
slurmd -c -L "$state/log/slurmd.log"
for _ in $(seq 100); do
  [ "$(sinfo -h -o %T 2>/dev/null)" = idle ] && exit 0
  sleep 0.2
done
echo "error: the node did not become idle; see $state/log" >&2
tail -n 20 "$state"/log/*.log >&2
stop
exit 1
