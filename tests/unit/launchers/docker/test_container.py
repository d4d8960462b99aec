"""The status of a container from its inspection."""

from __future__ import annotations

from typing import Any

import pytest

from launchers import State
from launchers.docker.container import LABEL, address, status, unchanging

BEGAN = "2026-01-02T03:04:05.123456789Z"


def inspected(state: dict[str, Any], **labels: str) -> dict[str, Any]:
    named = {
        f"{LABEL}.{key}": value for key, value in {"memory_mb": "512", "walltime_s": "", **labels}.items()
    }
    whole = {"Error": "", "OOMKilled": False, "StartedAt": BEGAN, "FinishedAt": BEGAN, "ExitCode": 0, **state}
    return {"State": whole, "Config": {"Labels": named}}


@pytest.mark.parametrize(
    ("state", "labels", "where", "reason"),
    [
        ({"Status": "created"}, {}, State.STARTING, ""),
        ({"Status": "created", "Error": "no such file", "ExitCode": 127}, {}, State.EXITED, "not found"),
        ({"Status": "running"}, {}, State.RUNNING, ""),
        ({"Status": "paused"}, {}, State.RUNNING, ""),
        ({"Status": "exited"}, {}, State.EXITED, "completed"),
        ({"Status": "dead", "ExitCode": 1}, {}, State.EXITED, "exited with code 1"),
        ({"Status": "removing"}, {}, State.UNKNOWN, "removing"),
        (
            {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
            {},
            State.EXITED,
            "out of memory (limit 512 MB)",
        ),
        ({"Status": "exited", "ExitCode": 137}, {"walltime_s": "9"}, State.EXITED, "SIGKILL"),
        (
            {"Status": "exited", "ExitCode": 143, "FinishedAt": "2026-01-02T03:04:15Z"},
            {"walltime_s": "9"},
            State.EXITED,
            "longer than its limit of 9 s",
        ),
        # A child was killed for memory, the command coped.
        ({"Status": "exited", "OOMKilled": True}, {}, State.EXITED, "completed"),
    ],
)
def test_states_and_ends_are_told_apart(
    state: dict[str, Any], labels: dict[str, str], where: State, reason: str
) -> None:
    found = status(inspected(state, **labels))
    assert found.state is where
    assert reason in found.reason


def test_an_address_is_the_published_port_or_the_containers_own() -> None:
    container = inspected({"Status": "running"}, port="5000")
    networks = {"huggins-serving": {"IPAddress": "172.20.0.2"}}
    container["NetworkSettings"] = {"Ports": {}, "Networks": networks}
    assert address(container) == "http://172.20.0.2:5000"
    published = {"5000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}]}
    container["NetworkSettings"] = {"Ports": published, "Networks": networks}
    assert address(container) == "http://127.0.0.1:49153"
    container["NetworkSettings"] = {"Ports": None, "Networks": {"huggins-serving": {"IPAddress": ""}}}
    assert address(container) is None
    assert address(inspected({"Status": "running"}, port="")) is None


@pytest.mark.parametrize(
    ("image", "fixed"),
    [
        (f"sha256:{'a' * 64}", True),
        (f"127.0.0.1:5001/huggins/som@sha256:{'a' * 64}", True),
        ("huggins/som:1.0.0", False),
        ("huggins/som", False),
        (f"sha256:{'a' * 63}", False),
        (f"huggins/som:1.0.0 @sha256:{'a' * 64}", False),
    ],
)
def test_an_image_is_unchanging_by_digest_or_id_only(image: str, fixed: bool) -> None:
    assert unchanging(image) is fixed
