# shellcheck shell=bash disable=SC2154  # sourced by ../machine.sh, which sets the variables
# The Docker engine on its default socket. An engine that already answers is used as it is.

engine_version() {
    docker version --format 'engine {{.Server.Version}} on {{.Server.Os}}/{{.Server.Arch}}' 2>/dev/null
}

engine_install() {
    local log=$logs/huggins-dockerd.log
    # A pid file left by a killed engine stops the next one from starting, for ever if the number was taken again.
    if [[ -e /var/run/docker.pid ]] && ! pgrep -x dockerd >/dev/null; then
        rm -f /var/run/docker.pid
    fi
    start_detached "$log" dockerd --host unix:///var/run/docker.sock
    wait_for dockerd 60 "$log" docker version
}
