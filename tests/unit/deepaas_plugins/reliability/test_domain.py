from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.pipeline.reliability.domain import NODES, REFERENCES, Domain, sample
from deepaas_plugins.pipeline.reliability.storage import Reliability


def lines(rows: int, seed: int, centre: float = 0.5) -> np.ndarray:
    """Return noisy spectra with a line of changing depth, shape (rows, 200), float32."""
    random = np.random.default_rng(seed)
    axis = np.linspace(0, 1, 200)
    depth = random.uniform(0.2, 1.0, rows)[:, None]
    flux = 1 - depth * np.exp(-(((axis - centre) / 0.03) ** 2)) + random.normal(0, 0.03, (rows, 200))
    return flux.astype(np.float32)


def fitted(rows: int = 300) -> Domain:
    domain = Domain.fit(lines(rows, 1), np.arange(rows))
    assert domain is not None
    return domain


def states(domain: Domain, matrix: np.ndarray) -> list[str]:
    return [answer["state"] for answer in domain.answers(matrix)]


def test_spectra_like_those_of_training_are_inside() -> None:
    found = states(fitted(), lines(1000, 2))
    assert found.count("inside") > 900
    assert found.count("outside") < 40


def test_spectra_of_another_kind_are_outside_and_the_reason_says_so() -> None:
    answers = fitted().answers(lines(200, 3, centre=0.25))
    assert {answer["state"] for answer in answers} == {"outside"}
    assert all("farther from the training spectra" in answer["reason"] for answer in answers)


def test_distances_are_of_held_out_objects_not_of_an_object_to_itself() -> None:
    # Twenty objects, each of twenty almost equal spectra: only other objects tell what is usual.
    random = np.random.default_rng(4)
    objects = random.normal(size=(20, 50)).repeat(20, axis=0)
    matrix = (objects + random.normal(0, 0.001, objects.shape)).astype(np.float32)
    domain = Domain.fit(matrix, np.arange(20).repeat(20))
    assert domain is not None
    assert domain.usual[NODES // 2] > 0.3


def test_few_objects_and_equal_rows_have_no_domain() -> None:
    assert Domain.fit(lines(100, 1), np.arange(100) % 10) is None
    assert Domain.fit(np.ones((100, 20), dtype=np.float32), np.arange(100)) is None


def test_spikes_and_the_scale_of_a_spectrum_do_not_count() -> None:
    random = np.random.default_rng(6)
    spiked = lines(300, 1)
    spiked[random.integers(0, 300, 40), random.integers(0, 200, 40)] = 2000.0
    domain = Domain.fit(spiked, np.arange(300))
    assert domain is not None
    assert states(domain, lines(500, 2)).count("outside") < 25
    assert states(domain, 0.7 * lines(500, 2)).count("outside") < 25
    assert states(domain, lines(500, 3, centre=0.25)).count("outside") > 400


def test_what_is_stored_is_bounded() -> None:
    rows = sample(1_000_000)
    assert len(rows) == REFERENCES
    assert len(np.unique(rows)) == REFERENCES
    assert rows.tolist() == sorted(rows.tolist())


def test_a_domain_is_read_as_it_was_saved(tmp_path: Path) -> None:
    domain = fitted()
    Reliability(domain=domain).save(tmp_path)
    read = Reliability.load(tmp_path, None).domain
    assert read is not None
    unseen = lines(50, 5)
    assert read.answers(unseen) == domain.answers(unseen)


@pytest.mark.parametrize("name", ["limits", "centre", "spread", "axes", "reference", "usual"])
def test_a_damaged_domain_is_not_loaded(tmp_path: Path, name: str) -> None:
    arrays = fitted().arrays()
    short = arrays[name][:, :-1] if name == "reference" else arrays[name][:-1]
    for damaged in (np.full_like(arrays[name], np.nan), short):
        np.savez(tmp_path / "domain.npz", **(arrays | {name: damaged}))
        with pytest.raises(InvalidInput, match="stored domain"):
            Reliability.load(tmp_path, None)
    np.savez(tmp_path / "domain.npz", **{key: value for key, value in arrays.items() if key != name})
    with pytest.raises(InvalidInput, match="stored domain"):
        Reliability.load(tmp_path, None)


def test_an_answer_does_not_depend_on_the_spectra_beside_it() -> None:
    domain, matrix = fitted(), lines(70, 5)
    together = domain.space.distances(matrix)
    for size in (1, 2, 3, 7, 32):
        apart = [domain.space.distances(matrix[start : start + size]) for start in range(0, 70, size)]
        assert np.concatenate(apart).tobytes() == together.tobytes()
