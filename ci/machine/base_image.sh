# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# Debian with its Python as an image, for machines that reach a package mirror but no hub to pull from.
# Where a hub answers, nothing here is needed: `BASE_IMAGE=python:3.11-slim` is the Dockerfile's default.

base_image_version() {
    docker image inspect --format "$python_image {{.Id}} {{.Size}} bytes" "$python_image" 2>/dev/null
}

# The host's own mirror is the one that is known to be reachable; where none is named, debootstrap knows one.
debian_mirror() {
    local mirror
    mirror=$(sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    if [[ -z $mirror ]]; then
        mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) bookworm .*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
    fi
    printf '%s' "$mirror"
}

base_image_install() {
    local root mirror log=$logs/huggins-debootstrap.log
    mirror=$(debian_mirror)
    root=$(mktemp -d)
    # The parent's 0700 would become the mode of the image's own "/".
    chmod 755 "$root"
    # shellcheck disable=SC2064  # the folder's name as it is now
    trap "rm -rf '$root'" EXIT
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
        bookworm "$root" ${mirror:+"$mirror"} >"$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
    # Nobody reads manuals in a container; that is a quarter of the image.
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
        "$root"/usr/share/{doc,man,info,locale,lintian} "$root"/etc/resolv.conf "$root"/etc/hostname
    tar -C "$root" -c . | docker import \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change 'ENV LANG=C.UTF-8' --change 'CMD ["python3"]' - "$python_image" >/dev/null
    rm -rf "$root"
    trap - EXIT
}
