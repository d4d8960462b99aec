# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# A registry on loopback, which the engine trusts without TLS; deleting is on, so that tests can clean up.

registry_version() {
    curl -fsS --noproxy '*' "http://$registry/v2/" >/dev/null 2>&1 || return 1
    printf '%s at %s' "$(docker-registry --version 2>/dev/null | awk '{print $NF}')" "$registry"
}

registry_install() {
    local config=$state/registry.yml log=$logs/huggins-registry.log
    install -d -m 755 "$state/registry"
    cat >"$config" <<YAML
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $state/registry}
  delete: {enabled: true}
http: {addr: $registry}
YAML
    start_detached "$log" docker-registry serve "$config"
    wait_for docker-registry 30 "$log" curl -fsS --noproxy '*' "http://$registry/v2/"
}
