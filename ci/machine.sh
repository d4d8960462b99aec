#!/usr/bin/env bash
# Makes a Debian 12 machine able to build, run and test everything: container engine, registry,
# base image, udocker engine, browser, a Slurm of two nodes with a login node, a provider of accounts,
# servers of archives, clients of the Virtual Observatory. Every step is skipped when its result is already there.
#
#   ci/machine.sh            install and start what is missing (root)
#   ci/machine.sh --check    one line per component: version, or "missing"; exit 1 if any is missing
#   ci/machine.sh --env      the exports that other commands need, for `eval "$(ci/machine.sh --env)"`
#
# What can be moved elsewhere by the environment:
#   HUGGINS_MACHINE_STATE    registry storage, registry.yml   (/var/lib/huggins)
#   HUGGINS_REGISTRY         address of the registry          (127.0.0.1:5001)
#   HUGGINS_PYTHON_IMAGE     tag of the Python base image     (huggins/python:3.11)
#   UDOCKER_TARBALL          udocker's engine                 (/var/cache/huggins/udocker-englib.tar.gz)
#   HUGGINS_ORDINARY_USER    user for what must not be root   (huggins-ci)
#   HUGGINS_SLURM_SSH_PORT   port of the cluster's login node (2222)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${HUGGINS_MACHINE_STATE:-/var/lib/huggins}
registry=${HUGGINS_REGISTRY:-127.0.0.1:5001}
python_image=${HUGGINS_PYTHON_IMAGE:-huggins/python:3.11}
udocker_tarball=${UDOCKER_TARBALL:-/var/cache/huggins/udocker-englib.tar.gz}
ordinary_user=${HUGGINS_ORDINARY_USER:-huggins-ci}
logs=/var/log

say() { printf '%s\n' "machine: $*"; }

# wait_for WHAT SECONDS LOG COMMAND… : polls until COMMAND succeeds; shows the end of LOG if it never does.
wait_for() {
    local what=$1 seconds=$2 log=$3 deadline
    shift 3
    deadline=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS >= deadline)); then
            say "$what did not answer within $seconds s; the end of $log:"
            tail -n 20 "$log" >&2
            return 1
        fi
        sleep 0.2
    done
}

# Starts a service that outlives this shell and the session that called it.
start_detached() {
    local log=$1
    shift
    setsid nohup "$@" >>"$log" 2>&1 </dev/null 9>&- &
}

components=(packages engine registry base_image udocker ordinary_user slurm oidc archives vo)
# shellcheck source=ci/machine/packages.sh
source "$here/machine/packages.sh"
# shellcheck source=ci/machine/engine.sh
source "$here/machine/engine.sh"
# shellcheck source=ci/machine/registry.sh
source "$here/machine/registry.sh"
# shellcheck source=ci/machine/base_image.sh
source "$here/machine/base_image.sh"
# shellcheck source=ci/machine/udocker.sh
source "$here/machine/udocker.sh"
# shellcheck source=ci/machine/ordinary_user.sh
source "$here/machine/ordinary_user.sh"
# shellcheck source=ci/machine/slurm.sh
source "$here/machine/slurm.sh"
# shellcheck source=ci/machine/oidc.sh
source "$here/machine/oidc.sh"
# shellcheck source=ci/machine/archives.sh
source "$here/machine/archives.sh"
# shellcheck source=ci/machine/vo.sh
source "$here/machine/vo.sh"

check() {
    local component version missing=0
    for component in "${components[@]}"; do
        if version=$("${component}_version" 2>/dev/null); then
            printf '%-14s %s\n' "$component" "$version"
        else
            printf '%-14s missing%s\n' "$component" "${version:+: $version}"
            missing=1
        fi
    done
    return "$missing"
}

put_one_in_place() {
    if "${1}_version" >/dev/null 2>&1; then
        say "$1: already in place"
    else
        say "$1: installing"
        "${1}_install"
    fi
}

put_in_place() {
    local component
    if ((EUID != 0)); then
        say "must run as root (only --check and --env do not)" >&2
        exit 2
    fi
    # Two at once would start two engines and run two debootstraps: the second waits, then finds all in place.
    exec 9>/run/lock/huggins-machine.lock
    flock 9
    put_one_in_place packages
    # Those that wait for others' processes more than for this machine's go on beside the rest.
    put_one_in_place archives &
    local beside=$!
    for component in "${components[@]}"; do
        [[ $component == packages || $component == archives ]] || put_one_in_place "$component"
    done
    wait "$beside"
    check
}

case ${1:-} in
    '') put_in_place ;;
    --check) check ;;
    --env)
        printf 'export UDOCKER_TARBALL=%q\n' "$udocker_tarball"
        printf 'export HUGGINS_REGISTRY=%q\n' "$registry"
        printf 'export HUGGINS_ORDINARY_USER=%q\n' "$ordinary_user"
        printf 'export HUGGINS_PROVIDERS=%q\n' "$oidc_modules"
        printf 'export HUGGINS_DACHS=%q\n' "http://127.0.0.1:$dachs_port"
        printf 'export HUGGINS_PYVO=%q\n' "$vo_venv/bin/python"
        printf 'export HUGGINS_MOTO=%q\n' "$moto_venv/bin/python"
        slurm_env
        ;;
    *)
        sed -n '2,17s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
esac
