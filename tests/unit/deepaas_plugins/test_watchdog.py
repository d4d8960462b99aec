"""What goes on beside a method: heartbeat, signals, patience."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from deepaas_plugins.job import watchdog as watch_module
from deepaas_plugins.job.watchdog import Watchdog

SECONDS = 30.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wait for hundredths of seconds, and leave signals as they were."""
    for name in ("HEARTBEAT_S", "LOOK", "PATIENCE"):
        monkeypatch.setattr(watch_module, name, 0.01)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_cancels_and_a_run_that_does_not_listen_is_given_up() -> None:
    asked, given_up = threading.Event(), threading.Event()
    with Watchdog(lambda: None, asked.is_set, asked.set, given_up.set):
        os.kill(os.getpid(), signal.SIGTERM)
        assert asked.wait(SECONDS)
        assert given_up.wait(SECONDS)


def test_the_heart_goes_on_beating_when_the_disk_does_not_take_a_beat() -> None:
    beats = threading.Semaphore(0)

    def beat() -> None:
        beats.release()
        raise OSError("full")

    with Watchdog(beat, lambda: False, lambda: None, lambda: None):
        assert all(beats.acquire(timeout=SECONDS) for _ in range(3))


def test_a_run_that_was_never_asked_to_stop_is_not_given_up() -> None:
    looked, given_up = threading.Semaphore(0), threading.Event()

    def cancelled() -> bool:
        looked.release()
        return False

    with Watchdog(lambda: None, cancelled, lambda: None, given_up.set):
        assert all(looked.acquire(timeout=SECONDS) for _ in range(5))
    assert not given_up.is_set()
