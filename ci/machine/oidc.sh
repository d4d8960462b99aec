# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# A certified OpenID provider for tests, which start it on a free port; here its package is installed.

oidc_modules=$state/oidc/node_modules
oidc_wanted=(oidc-provider@8.8.1)

oidc_version() {
    local wanted found versions=
    for wanted in "${oidc_wanted[@]}"; do
        found=$(node -p "require('$oidc_modules/${wanted%@*}/package.json').version" 2>/dev/null) || return 1
        [[ $found == "${wanted#*@}" ]] || { printf '%s %s' "${wanted%@*}" "$found"; return 1; }
        versions+="${versions:+, }${wanted%@*} $found"
    done
    printf '%s' "$versions"
}

oidc_install() {
    local log=$logs/huggins-oidc.log
    install -d -m 755 "$state/oidc"
    (cd "$state/oidc" && npm install --no-audit --no-fund "${oidc_wanted[@]}") >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; return 1; }
}
