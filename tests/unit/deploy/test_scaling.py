"""How many replicas a load needs."""

from __future__ import annotations

import pytest

from deploy.control.autoscaler import UP_WINDOW_S, Autoscaler
from deploy.model.deployment import DeploymentError, Scaling

ELASTIC = Scaling(minimum=0, maximum=5, concurrency=10, idle_s=100, stabilisation_s=30)


def at_each_second(scaler: Autoscaler, scaling: Scaling, load: float, first: int, last: int) -> list[int]:
    return [scaler.desired(scaling, load, float(moment)) for moment in range(first, last)]


def test_a_lasting_load_gets_as_many_as_it_needs() -> None:
    assert at_each_second(Autoscaler(), ELASTIC, 35, 0, 10)[-1] == 4


def test_never_more_than_the_maximum() -> None:
    assert max(at_each_second(Autoscaler(), ELASTIC, 1000, 0, 10)) == 5


def test_a_burst_shorter_than_the_window_brings_no_more() -> None:
    scaler = Autoscaler(0.0)
    at_each_second(scaler, ELASTIC, 5, 0, 20)
    assert scaler.desired(ELASTIC, 12, 20.0) == 1
    assert at_each_second(scaler, ELASTIC, 12, 21, 21 + int(UP_WINDOW_S))[-1] == 2


def test_it_goes_down_only_when_the_whole_stabilisation_time_needed_less() -> None:
    scaler = Autoscaler()
    at_each_second(scaler, ELASTIC, 45, 0, 10)
    after = at_each_second(scaler, ELASTIC, 5, 10, 50)
    # The mean still holds the high load for the window, then the stabilisation begins.
    down = next(second for second, wanted in enumerate(after) if wanted == 1)
    assert 30 <= down <= 30 + UP_WINDOW_S
    assert after == sorted(after, reverse=True)


def test_it_scales_to_zero_after_the_idle_time_and_back_as_soon_as_somebody_waits() -> None:
    scaler = Autoscaler()
    scaler.desired(ELASTIC, 1, 0.0)
    idle = at_each_second(scaler, ELASTIC, 0, 1, 120)
    assert idle.index(0) in range(99, 100 + int(UP_WINDOW_S))
    assert scaler.desired(ELASTIC, 0, 200.0, waiting=True) == 1
    assert scaler.desired(ELASTIC, 0, 201.0) == 1


def test_what_was_never_called_is_not_started() -> None:
    assert Autoscaler().desired(ELASTIC, 0, 0.0) == 0
    assert Autoscaler(0.0).desired(ELASTIC, 0, 1.0) == 1


def test_the_minimum_and_the_standby_are_there_without_a_load() -> None:
    assert Autoscaler().desired(Scaling(minimum=2, maximum=3), 0, 0.0) == 2
    warm = Scaling(minimum=0, maximum=3, concurrency=10, standby=1)
    assert Autoscaler().desired(warm, 0, 0.0) == 1
    assert Autoscaler().desired(warm, 4, 0.0) == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"minimum": 3, "maximum": 2}, "minimum must not be above maximum"),
        ({"maximum": 0}, "maximum must be from 1"),
        ({"maximum": 1000}, "maximum must be from 1"),
        ({"concurrency": 0}, "concurrency must be at least 1"),
        ({"idle_s": -1}, "idle_s must be from 0"),
        ({"idle_s": float("nan")}, "idle_s must be from 0"),
        ({"minimum": "2"}, "minimum must be a whole number"),
        ({"minimum": True}, "minimum must be a whole number"),
        ({"most": 2}, "scaling knows no most"),
    ],
)
def test_nonsense_is_rejected_by_name(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(DeploymentError, match=says):
        Scaling.from_json(wrong)
