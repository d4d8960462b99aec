"""Splits keep objects together and reject what cannot be split."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.pipeline.validation import splits


@pytest.mark.parametrize("target", [np.arange(60) % 3, None], ids=["classes", "values"])
def test_no_object_is_in_both_sides_of_a_fold(target) -> None:
    members = np.arange(60) // 4
    parts = splits.folds(5, target, members, 60, 0)
    assert len(parts) == 5
    for learn, judge in parts:
        assert not set(members[learn]) & set(members[judge])
    assert sorted(np.concatenate([judge for _, judge in parts])) == list(range(60))


@pytest.mark.parametrize(
    ("target", "members", "message"),
    [
        (np.array([0, 1, 0]), None, "3 labelled spectra are fewer than the 5 folds"),
        (np.arange(20) % 2, np.arange(20) // 10, "2 different objects are fewer than the 5 folds"),
        (np.arange(20) // 2, None, "largest class has 2 spectra, fewer than the 5 folds"),
    ],
)
def test_too_little_for_the_folds_is_rejected_with_the_numbers(target, members, message) -> None:
    with pytest.raises(InvalidInput, match=message):
        splits.folds(5, target, members, len(target), 0)


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.3, 0.5])
def test_a_test_set_has_about_the_share_asked_for_and_none_of_the_others_objects(fraction) -> None:
    members, target = np.arange(400) // 2, (np.arange(400) // 2) % 3
    learn, test = splits.hold_back(fraction, target, members, 400, 0)
    assert len(test) / 400 == pytest.approx(fraction, abs=0.02)
    assert not set(members[learn]) & set(members[test])


def test_nothing_is_held_out_unless_asked() -> None:
    learn, test = splits.hold_back(0.0, np.arange(4) % 2, None, 4, 0)
    assert len(learn) == 4
    assert len(test) == 0
