# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# A user without rights, for tests of what an HPC user can do (udocker, Slurm, no Docker socket).

ordinary_user_version() {
    getent passwd "$ordinary_user" | awk -F: '{print $1, "uid", $3, "home", $6; found = 1} END {exit !found}'
}

ordinary_user_install() {
    useradd --create-home --shell /bin/bash "$ordinary_user"
}
