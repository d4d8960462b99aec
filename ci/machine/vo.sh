# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# Clients of the Virtual Observatory for the tests of what the platform answers: pyvo in an environment of its
# own, STILTS and its validators from packages.

vo_venv=$state/vo
vo_wanted=1.9.1

vo_version() {
    [[ $(cat "$vo_venv/version" 2>/dev/null) == "$vo_wanted" ]] || { printf 'no pyvo'; return 1; }
    dpkg-query -W -f '${Package} ${Version}, ' stilts
    printf 'pyvo %s' "$vo_wanted"
}

vo_install() {
    rm -rf "$vo_venv" && /usr/bin/python3 -m venv "$vo_venv" &&
        "$vo_venv/bin/pip" install -q --disable-pip-version-check "pyvo==$vo_wanted" &&
        printf '%s' "$vo_wanted" >"$vo_venv/version"
}
