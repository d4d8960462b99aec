# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# Debian packages. `docker` itself may come from elsewhere, so files are asked for and not package names.

# binary:package
packages_wanted=(
    dockerd:docker.io
    iptables:iptables
    docker-registry:docker-registry
    runc:runc
    crun:crun
    proot:proot
    debootstrap:debootstrap
    chromium:chromium
    chromedriver:chromium-driver
    pg_ctlcluster:postgresql
    setpriv:util-linux
    curl:curl
    nginx:nginx-light
    caddy:caddy
    node:nodejs
    npm:npm
    munged:munge
    sbatch:slurm-client
    slurmctld:slurmctld
    slurmd:slurmd
    sshd:openssh-server
    ssh-keygen:openssh-client
    apache2:apache2-bin
    dachs:python3-gavo
    stilts:stilts
    vsftpd:vsftpd
)
fonts=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

packages_missing() {
    local pair
    for pair in "${packages_wanted[@]}"; do
        PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || printf '%s\n' "${pair#*:}"
    done
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || printf '%s\n' python3-venv
    # Without a font Chromium draws boxes for letters, and screenshots prove nothing.
    # Types of the sky in PostgreSQL, which DaCHS needs.
    [[ -e /usr/share/postgresql/15/extension/pg_sphere.control ]] || printf '%s\n' postgresql-15-pgsphere
    [[ -e /usr/share/postgresql/15/extension/q3c.control ]] || printf '%s\n' postgresql-15-q3c
    [[ -e $fonts ]] || printf '%s\n' fonts-dejavu-core
}

packages_version() {
    local missing
    missing=$(packages_missing | paste -sd' ')
    if [[ -n $missing ]]; then
        printf '%s' "$missing"
        return 1
    fi
    dpkg-query -W -f '${Package} ${Version}, ' docker.io docker-registry chromium runc | sed 's/, $//'
}

packages_install() {
    local -a absent
    mapfile -t absent < <(packages_missing)
    say "apt: ${absent[*]}"
    apt-get -qq update
    # RUNLEVEL=1: invoke-rc.d then starts no service, also where no policy-rc.d forbids it;
    # the services are started by this script, under its own configuration.
    # A machine that dies meanwhile is made again, so that dpkg need not wait for the disk.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        -o Dpkg::Options::=--force-unsafe-io "${absent[@]}" \
        >"$logs/huggins-apt.log" 2>&1 || { tail -n 30 "$logs/huggins-apt.log" >&2; return 1; }
}
