# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# udocker's engine, packed from the distribution's own binaries, because the upstream tarball is fetched from
# the web at the first use. Nothing is written to anybody's home: who uses it sets UDOCKER_TARBALL.

# The version that udocker 1.3.17 asks for; any other makes it fetch its own.
udocker_englib=1.2.11

# A virtual environment of the system's Python: ordinary users can run it, independent of the owner of the project's folders.
udocker_environment=/opt/huggins/udocker

udocker_version() {
    [[ -r $udocker_tarball && -x $udocker_environment/bin/udocker && -e /usr/local/bin/udocker ]] || return 1
    printf '%s, engine %s in %s' "$("$udocker_environment"/bin/pip --disable-pip-version-check list 2>/dev/null | awk '$1 == "udocker" {print $2}')" \
        "$(tar -xzOf "$udocker_tarball" udocker_dir/lib/VERSION)" "$udocker_tarball"
}

udocker_install() {
    udocker_pack
    udocker_command
}

udocker_command() {
    local requirement
    requirement=$(cd "$here/.." && /usr/bin/python3 -m ci.requirements hpc | grep '^udocker')
    /usr/bin/python3 -m venv "$udocker_environment"
    "$udocker_environment/bin/pip" install --quiet --no-cache-dir "$requirement"
    [[ -e /usr/local/bin/udocker ]] || ln -s "$udocker_environment/bin/udocker" /usr/local/bin/udocker
}

udocker_pack() {
    local folder binary machine
    machine=$(uname -m)
    folder=$(mktemp -d)
    install -d -m 755 "$folder"/udocker_dir/{bin,lib,doc} "$(dirname "$udocker_tarball")"
    for binary in runc crun proot; do
        install -m 755 "$(PATH=$PATH:/usr/sbin command -v "$binary")" "$folder/udocker_dir/bin/$binary-$machine"
    done
    printf '%s\n' "$udocker_englib" >"$folder/udocker_dir/lib/VERSION"
    printf 'Packed from the Debian packages runc, crun and proot.\n' >"$folder/udocker_dir/doc/README"
    # Renamed into place, so that nobody unpacks half of it.
    tar -C "$folder" -czf "$udocker_tarball.part" udocker_dir
    chmod 644 "$udocker_tarball.part"
    mv "$udocker_tarball.part" "$udocker_tarball"
    rm -rf "$folder"
}
