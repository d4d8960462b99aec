# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# A Slurm of two nodes on this host, and an SSH login node for the ordinary user; all of it on loopback.
# No accounting database: how jobs ended stands in the completion log (jobcomp/filetxt), as on small clusters.

slurm_folder=$state/slurm
slurm_login=$state/login
slurm_port=${HUGGINS_SLURM_SSH_PORT:-2222}
slurm_marker='# Written by ci/machine/slurm.sh'

slurm_version() {
    sinfo --noheader --format='%N %t' 2>/dev/null | grep -q . || return 1
    slurm_all_nodes_up || return 1
    ssh-keyscan -p "$slurm_port" 127.0.0.1 2>/dev/null | grep -q . || return 1
    # A configuration of an older version of this file is replaced by a restart.
    [[ -r /etc/slurm/slurm.conf && $(slurm_configuration | sha256sum) == "$(sha256sum </etc/slurm/slurm.conf)" ]] || return 1
    printf '%s, nodes n1 n2, login %s@127.0.0.1:%s' "$(sinfo --version)" "$ordinary_user" "$slurm_port"
}

slurm_all_nodes_up() {
    [[ $(sinfo --noheader --Node --partition=main --format='%N %T' 2>/dev/null | grep -cE ' (idle|mixed|allocated|completing)$') == 2 ]]
}

slurm_configuration() {
    local host
    host=$(hostname -s)
    cat <<CONF
$slurm_marker
ClusterName=huggins
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=17000
SlurmUser=slurm
AuthType=auth/munge
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/%n
SlurmctldPidFile=$slurm_folder/slurmctld.pid
SlurmdPidFile=$slurm_folder/slurmd-%n.pid
SlurmctldLogFile=$slurm_folder/slurmctld.log
SlurmdLogFile=$slurm_folder/slurmd-%n.log
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# The nodes are what stands here, whatever this host has: tests ask for what they need.
SlurmdParameters=config_overrides
ReturnToService=2
# Ended jobs leave the queue soon, so that tests meet the completion log.
MinJobAge=20
KillWait=10
SlurmdTimeout=30
SchedulerParameters=batch_sched_delay=0,bf_interval=5
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc=$slurm_folder/completed.log
GresTypes=gpu
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=17001 CPUs=4 RealMemory=8000
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=17002 CPUs=4 RealMemory=8000 Gres=gpu:1
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE DefaultTime=60
PartitionName=short Nodes=n1 MaxTime=1 DefaultTime=1
PartitionName=gpu Nodes=n2 MaxTime=60 DefaultTime=60
CONF
}

slurm_install() {
    if [[ -e /etc/slurm/slurm.conf ]] && ! grep -qF "$slurm_marker" /etc/slurm/slurm.conf; then
        say "/etc/slurm/slurm.conf is another cluster's: it is left alone" >&2
        return 1
    fi
    slurm_munge
    slurm_login
    install -d -m 755 "$slurm_folder" /etc/slurm
    install -d -m 755 -o slurm -g slurm "$slurm_folder/state"
    # The daemons make their logs and files here; the completion log must be readable for its users.
    chown slurm:slurm "$slurm_folder"
    slurm_configuration >/etc/slurm/slurm.conf
    # Something must be there for Slurm to count a graphics processor; nobody computes with it.
    printf '%s\nNodeName=n2 Name=gpu File=/dev/null\n' "$slurm_marker" >/etc/slurm/gres.conf
    slurm_stop
    start_detached "$slurm_folder/start.log" slurmctld -D
    start_detached "$slurm_folder/start.log" slurmd -D -N n1
    start_detached "$slurm_folder/start.log" slurmd -D -N n2
    wait_for 'the nodes of Slurm' 30 "$slurm_folder/slurmctld.log" slurm_resume
}

# A node that was drained in an earlier life stays so until somebody says otherwise.
slurm_resume() {
    slurm_all_nodes_up && return
    scontrol update nodename=n1,n2 state=resume
    return 1
}

# What runs under another configuration, or half, is ended; by the ids that the daemons wrote down.
slurm_stop() {
    local file pid
    for file in "$slurm_folder"/slurmd-n1.pid "$slurm_folder"/slurmd-n2.pid "$slurm_folder"/slurmctld.pid; do
        pid=$(cat "$file" 2>/dev/null) || continue
        [[ $(cat "/proc/$pid/comm" 2>/dev/null) == slurm* ]] || continue
        kill "$pid" 2>/dev/null || true
        wait_for "the end of $(basename "$file" .pid)" 20 "$slurm_folder/slurmctld.log" test ! -e "/proc/$pid"
    done
}

slurm_munge() {
    munge --no-input >/dev/null 2>&1 && return
    install -d -m 755 -o munge -g munge /run/munge
    [[ -e /etc/munge/munge.key ]] || setpriv --reuid=munge --regid=munge --clear-groups mungekey
    setpriv --reuid=munge --regid=munge --clear-groups munged 9>&-
    wait_for munged 10 /var/log/munge/munged.log munge --no-input
}

# An SSH server with its own configuration, host key and list of keys: nothing of the machine's own is touched.
slurm_login() {
    install -d -m 755 "$slurm_login" /run/sshd
    install -d -m 700 "$slurm_login/client"
    [[ -e $slurm_login/host_key ]] || ssh-keygen -q -t ed25519 -N '' -f "$slurm_login/host_key"
    [[ -e $slurm_login/client/key ]] || ssh-keygen -q -t ed25519 -N '' -f "$slurm_login/client/key"
    install -m 644 "$slurm_login/client/key.pub" "$slurm_login/authorized_keys"
    printf '[127.0.0.1]:%s %s\n' "$slurm_port" "$(cut -d' ' -f1,2 "$slurm_login/host_key.pub")" >"$slurm_login/client/known_hosts"
    # No password is accepted, but an account whose password field says "locked" would not be let in by key either.
    usermod --password '*' "$ordinary_user"
    cat >"$slurm_login/sshd_config" <<CONF
ListenAddress 127.0.0.1
Port $slurm_port
HostKey $slurm_login/host_key
PidFile $slurm_login/sshd.pid
AuthorizedKeysFile $slurm_login/authorized_keys
AllowUsers $ordinary_user
AuthenticationMethods publickey
UsePAM no
AllowTcpForwarding no
X11Forwarding no
Subsystem sftp internal-sftp
CONF
    ssh-keyscan -p "$slurm_port" 127.0.0.1 2>/dev/null | grep -q . && return
    /usr/sbin/sshd -f "$slurm_login/sshd_config" -E "$slurm_login/sshd.log" 9>&-
    wait_for sshd 10 "$slurm_login/sshd.log" ssh-keyscan -p "$slurm_port" 127.0.0.1
}

slurm_env() {
    printf 'export HUGGINS_SLURM_URL=%q\n' "ssh://$ordinary_user@127.0.0.1:$slurm_port"
    printf 'export HUGGINS_SLURM_KEY=%q\n' "$slurm_login/client/key"
    printf 'export HUGGINS_SLURM_KNOWN_HOSTS=%q\n' "$slurm_login/client/known_hosts"
}
