"""Spectra of one object are found by group, designation, position, or flux; nothing else joins them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from deepaas_plugins.pipeline.validation.near_duplicates import near_duplicates
from deepaas_plugins.pipeline.validation.objects import EVIDENCE, Objects, resolve
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features


def resolved(path: Path, rows: int, **given: Any) -> Objects:
    features = FeatureSet.open(write_features(path / "f.parquet", cycle(rows), **given))
    return resolve(features, np.arange(rows), features.matrix())


def together(objects: Objects) -> set[frozenset[int]]:
    members = objects.members
    return {frozenset(np.flatnonzero(members == each).tolist()) for each in np.unique(members)}


def test_spectra_of_a_group_are_one_object_and_those_without_are_their_own(tmp_path: Path) -> None:
    objects = resolved(tmp_path, 5, groups=["a", None, "a", None, "r:1"])
    assert together(objects) == {frozenset(rows) for rows in ([0, 2], [1], [3], [4])}
    assert objects.known


def test_where_nothing_tells_an_object_every_spectrum_is_one(tmp_path: Path) -> None:
    objects = resolved(tmp_path, 12)
    assert objects.count == 12
    assert not objects.known


def test_groups_that_are_spellings_of_one_designation_are_one_object(tmp_path: Path) -> None:
    groups: list[str | None] = ["SN 2000cn", "sn00cn", "SN 2000co", None]
    objects = resolved(tmp_path, 4, groups=groups, names=["a", "b", "c", "sn2000cn-19.dat"])
    assert together(objects) == {frozenset([0, 1, 3]), frozenset([2])}
    assert [EVIDENCE[level] for level in objects.evidence] == ["group", "group", "group", "designation"]


def test_designations_by_position_of_two_surveys_are_one_object(tmp_path: Path) -> None:
    groups: list[str | None] = [
        "LAMOST J030220.94-023931.7",
        "2MASS J03022096-0239315",
        "LAMOST J030224.94-023931.7",
    ]
    assert together(resolved(tmp_path, 3, groups=groups)) == {frozenset([0, 1]), frozenset([2])}


def test_positions_within_three_arcseconds_are_one_object_across_the_pole_and_zero_hours(
    tmp_path: Path,
) -> None:
    arcsecond = 1 / 3600
    positions = np.array(
        [
            [10.0, 20.0],
            [10.0, 20.0 + 2.9 * arcsecond],
            [10.0, 20.0 - 3.1 * arcsecond],
            [359.9999, 0.5],
            [360.0 - 0.0001 + 2 * arcsecond - 360.0, 0.5],
            [0.0, 90.0 - arcsecond],
            [180.0, 90.0 - arcsecond],
            [np.nan, np.nan],
            [np.nan, np.nan],
        ]
    )
    objects = resolved(tmp_path, 9, positions=positions)
    assert together(objects) == {frozenset(rows) for rows in ([0, 1], [2], [3, 4], [5, 6], [7], [8])}


def test_zeros_in_place_of_a_position_are_none(tmp_path: Path) -> None:
    assert resolved(tmp_path, 6, positions=np.zeros((6, 2))).count == 6


def test_two_groups_at_one_position_stay_two_and_a_spectrum_without_joins_the_only_one_there(
    tmp_path: Path,
) -> None:
    positions = np.array([[10.0, 20.0], [10.0, 20.0], [30.0, 40.0], [30.0, 40.0]])
    groups: list[str | None] = ["a", "b", "c", None]
    objects = resolved(tmp_path, 4, groups=groups, positions=positions)
    assert together(objects) == {frozenset([0]), frozenset([1]), frozenset([2, 3])}


def test_copies_without_an_object_are_one_and_copies_of_two_groups_are_suspected(tmp_path: Path) -> None:
    flux = profiles(GRID, cycle(40))
    flux[10] = flux[0]  # equal
    flux[11] = flux[1] + np.random.default_rng(1).normal(0.0, 1e-3, len(GRID))  # nearly equal
    flux[13] = flux[3]  # of another group
    groups: list[str | None] = [None] * 40
    groups[3], groups[13] = "a", "b"
    objects = resolved(tmp_path, 40, flux=flux, groups=groups)
    assert together(objects) == {frozenset([0, 10]), frozenset([1, 11])} | {
        frozenset([row]) for row in range(40) if row not in (0, 10, 1, 11)
    }
    assert sorted(map(tuple, objects.suspected.tolist())) == [(0, 10), (1, 11), (3, 13)]
    assert {EVIDENCE[objects.evidence[row]] for row in (0, 1, 10, 11)} == {"flux"}


def test_spectra_of_one_class_that_differ_by_their_noise_alone_are_no_duplicates() -> None:
    random = np.random.default_rng(2)
    matrix = (
        1.0 + np.exp(-0.5 * ((GRID - 6564.6) / 5) ** 2) + random.normal(0, 0.02, (300, len(GRID)))
    ).astype(np.float32)
    assert len(near_duplicates(matrix)) == 0


def test_noiseless_spectra_of_a_sequence_are_no_duplicates() -> None:
    strength = np.linspace(0.2, 1.0, 400)[:, None]
    matrix = (1.0 + strength * np.exp(-0.5 * ((GRID - 6564.6) / 5) ** 2)).astype(np.float32)
    assert len(near_duplicates(matrix)) == 0


def test_many_copies_of_a_spectrum_are_connected_by_few_pairs() -> None:
    flux = profiles(GRID, cycle(60)).astype(np.float32)
    pairs = near_duplicates(np.concatenate([flux, np.repeat(flux[:1], 5000, axis=0)]))
    assert len(pairs) == 5000
    assert set(pairs[:, 0]) == {0}


def test_fewer_rows_than_neighbours_are_compared_by_equality() -> None:
    flux = profiles(GRID, cycle(3)).astype(np.float32)
    assert near_duplicates(np.concatenate([flux, flux[1:2]])).tolist() == [[1, 3]]
