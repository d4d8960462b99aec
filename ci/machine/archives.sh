# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# Servers of archives for the tests of sources: GAVO DaCHS (SSA, TAP, ObsCore, DataLink, SODA) serves made spectra at
# 127.0.0.1:$dachs_port from a PostgreSQL cluster of its own; moto (S3) and Apache (WebDAV, index pages) are
# installed, and tests start them on free ports.

dachs_port=${HUGGINS_DACHS_PORT:-8090}
dachs_database_port=5499
dachs_root=$state/dachs
moto_venv=$state/moto
moto_wanted=5.2.5

archives_version() {
    dachs_answers || { printf 'no DaCHS at 127.0.0.1:%s' "$dachs_port"; return 1; }
    moto_there || { printf 'no moto'; return 1; }
    dpkg-query -W -f '${Package} ${Version}, ' python3-gavo apache2-bin
    printf 'moto %s' "$moto_wanted"
}

dachs_answers() {
    curl -sf -m 20 "http://127.0.0.1:$dachs_port/specs/q/ssa/ssap.xml?REQUEST=queryData&MAXREC=20" |
        grep -q 'value="OK"'
}

moto_there() { [[ $(cat "$moto_venv/version" 2>/dev/null) == "$moto_wanted" ]]; }

archives_install() {
    local log=$logs/huggins-archives.log moto=
    if ! moto_there; then
        moto_install >"$log" 2>&1 &
        moto=$!
    fi
    if ! dachs_answers; then
        dachs_cluster
        if [[ ! -e $dachs_root/complete ]]; then
            "$here/machine/dachs/install.sh" "$dachs_root" "$dachs_port" "$dachs_database_port" >>"$log" 2>&1 ||
                { tail -n 20 "$log" >&2; return 1; }
        fi
        start_detached "$logs/huggins-dachs.log" su dachsroot -c \
            "cd $dachs_root && export GAVOSETTINGS=$dachs_root/gavo.rc && exec dachs serve debug"
        wait_for DaCHS 60 "$logs/huggins-dachs.log" dachs_answers
    fi
    [[ -z $moto ]] || wait "$moto" || { tail -n 20 "$log" >&2; return 1; }
}

# The server needs Flask only; moto's own extra for it installs 200 MB for other services of Amazon.
moto_install() {
    rm -rf "$moto_venv" && /usr/bin/python3 -m venv "$moto_venv" &&
        "$moto_venv/bin/pip" install -q --disable-pip-version-check "moto[s3]==$moto_wanted" flask flask-cors &&
        printf '%s' "$moto_wanted" >"$moto_venv/version"
}

# What it starts must not hold the lock of machine.sh (9).
dachs_cluster() {
    if ! pg_lsclusters -h | grep -q '^15 *dachs '; then
        pg_createcluster 15 dachs -p "$dachs_database_port" --locale C.UTF-8 -- \
            --auth-local=peer --auth-host=scram-sha-256 >/dev/null
        pg_conftool 15 dachs set listen_addresses localhost
        pg_conftool 15 dachs set fsync off
    fi
    pg_lsclusters -h | grep '^15 *dachs ' | grep -q online || pg_ctlcluster 15 dachs start 9>&-
}
