from __future__ import annotations

import pytest
from minisom import MiniSom

from deepaas_plugins.methods.som.map.decay import KINDS, Decay

from .synthetic import asymptotic


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "constant"])
def test_a_decay_begins_at_its_start_ends_at_its_end_and_never_rises(kind: str) -> None:
    values = [Decay(5.0, 0.5, kind).at(epoch, 9) for epoch in range(9)]  # type: ignore[arg-type]
    assert values[0] == pytest.approx(5.0)
    assert values[-1] == pytest.approx(0.5)
    assert values == sorted(values, reverse=True)


def test_a_constant_stays_and_a_single_epoch_has_the_start() -> None:
    assert [Decay(5.0, 0.5, "constant").at(epoch, 3) for epoch in range(3)] == [5.0, 5.0, 5.0]
    assert Decay(5.0, 0.5, "exponential").at(0, 1) == 5.0


def test_the_inverse_decay_can_be_minisoms_asymptotic_one() -> None:
    peer = MiniSom(10, 10, 2, sigma=4)
    ours = asymptotic(4.0, 7)
    assert [ours.at(epoch, 7) for epoch in range(7)] == pytest.approx(
        [peer._sigma_decay_function(4.0, epoch, 7) for epoch in range(7)]
    )


def test_a_decay_to_nothing_is_rejected() -> None:
    with pytest.raises(ValueError, match="positive"):
        Decay(1.0, 0.0)
