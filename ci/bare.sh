#!/usr/bin/env bash
# Runs a command in a copy of this checkout on what looks like a bare machine: as a fresh ordinary user with a
# home of its own, no CI variable, no real spectra beside the copy, and a PATH without the components that
# ci/machine.sh installs. Must be run by root.
#
#   ci/bare.sh COMMAND…      for example: ci/bare.sh make test
#
# What COMMAND leaves in the folder build/bare of the copy is copied to build/bare here.
#   HUGGINS_BARE_USER        the user that is made and removed   (huggins-bare)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
user=${HUGGINS_BARE_USER:-huggins-bare}
# By command, not by package: some of them come from elsewhere than Debian.
components='docker*|podman*|buildah*|apptainer*|singularity*|udocker*|runc|crun|proot|chrom*|google-chrome*'
components+='|sinfo|sbatch|squeue|scancel|sacct*|scontrol|srun|salloc|slurm*|munge*|unmunge|psql|initdb|pg_*|postgres*'
components+='|nginx|caddy|ssh*|scp|sftp'

if ((EUID != 0)); then
    echo "bare: must run as root" >&2
    exit 2
fi

remove() {
    userdel --remove "$user" 2>/dev/null || true
    rm -rf "$place"
}
place=$(mktemp -d /tmp/bare.XXXX)
chmod 755 "$place"
mkdir --mode=1777 "$place/tmp"
trap remove EXIT
userdel --remove "$user" 2>/dev/null || true
useradd --create-home --home-dir "$place/home" --shell /bin/bash "$user"

# On a bare machine nobody made the user of the tests either. Temporary files of its own: those that a run before
# left behind belong to a user that is gone, whose name is the same and whose number need not be.
as_user() {
    setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs env -i HOME="$place/home" USER="$user" \
        LOGNAME="$user" SHELL=/bin/bash LANG=C.UTF-8 \
        PATH="$place/bin" TMPDIR="$place/tmp" HUGGINS_ORDINARY_USER="$user-absent" "$@"
}

# As hard links where the file system allows them.
duplicate() {
    cp -al "$1" "$2" 2>/dev/null || { rm -rf "$2" && cp -a "$1" "$2"; }
}

# A PATH of links to all commands of the system but the components.
mkdir "$place/bin"
for folder in /usr/local/bin /usr/bin /bin; do
    for command in "$folder"/*; do
        eval "case \${command##*/} in $components) continue ;; esac"
        [[ -e $place/bin/${command##*/} ]] || ln -s "$command" "$place/bin/"
    done
done

# The copy: what git knows, with a .venv of its own over the same packages. The folder of the clone itself may be closed to other users.
copy=$place/home/huggins
mkdir "$copy"
git -c safe.directory="$root" -C "$root" ls-files -z | (cd "$root" && tar --null --files-from=- -cf -) | tar -C "$copy" -xf -
version=$("$root/.venv/bin/python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
python=$root/.venv/bin/python
if ! as_user test -x "$python"; then
    # An interpreter below a closed folder (pyenv of root): the system's of the same version runs the same packages.
    python=$place/bin/$version
fi
"$python" -m venv --without-pip "$copy/.venv"
# Not the editable install of this checkout: the copy is to be tested.
shared=$("$root/.venv/bin/python" -c 'import pathlib, pytest; print(pathlib.Path(pytest.__file__).parents[1])')
duplicate "$shared" "$place/packages"
printf '%s\n%s\n' "$copy" "$place/packages" >"$copy/.venv/lib/$version/site-packages/huggins.pth"
for script in "$root"/.venv/bin/*; do
    name=${script##*/}
    [[ -e $copy/.venv/bin/$name || ! -f $script || $name == udocker ]] && continue
    if head -c 2 "$script" | grep -q '#!'; then
        sed "1s|^#!.*python.*|#!$copy/.venv/bin/python|" "$script" >"$copy/.venv/bin/$name"
    else
        cp "$script" "$copy/.venv/bin/$name"
    fi
    chmod 755 "$copy/.venv/bin/$name"
done
touch "$copy/.venv/.installed"
chown -R "$user:" "$place/home"

status=0
cd "$copy"
as_user "$@" || status=$?
if [[ -d $copy/build/bare ]]; then
    mkdir -p "$root/build"
    rm -rf "$root/build/bare"
    cp -r "$copy/build/bare" "$root/build/bare"
fi
exit "$status"
