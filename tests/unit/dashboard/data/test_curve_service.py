from __future__ import annotations

import numpy as np
import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid
from dashboard.data.curve import Window
from dashboard.data.curves import curve_service as module
from dashboard.data.curves.curve_service import SpectrumCache, memory
from dashboard.data.dataset import SpectrumLocation, Unreadable
from dashboard.data.service import DataService
from spectra import Spectrum
from tests.unit.dashboard.data.making import Threads, fits_bytes, uploaded

CUT = {"schema": 1, "steps": [{"step": "cutout", "minimum": 6550.0, "maximum": 6650.0}]}


def spectrum(points: int) -> Spectrum:
    return Spectrum(np.arange(points, dtype=float), np.zeros(points))


def test_the_cache_stays_below_its_limit_and_forgets_what_was_not_asked_for() -> None:
    cache = SpectrumCache(limit=3 * memory(spectrum(100)))
    keys = [("d", SpectrumLocation(str(n)), 0, 0) for n in range(4)]
    for key in keys[:3]:
        cache.put(key, spectrum(100))
    assert cache.get(keys[0]) is not None
    cache.put(keys[3], spectrum(100))
    assert cache.size <= cache.limit
    assert [cache.get(key) is not None for key in keys] == [True, False, True, True]


def test_a_spectrum_larger_than_the_cache_is_not_kept() -> None:
    cache = SpectrumCache(limit=100)
    cache.put(("d", SpectrumLocation("x"), 0, 0), spectrum(100))
    assert cache.size == 0


async def test_a_spectrum_is_read_once_and_again_when_its_file_changed(
    service: DataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    row = await service.rows.get(dataset.id, 0)
    calls = []
    run = Threads.run

    async def counted(self: Threads, function, *arguments, **limits):
        calls.append(function)
        return await run(self, function, *arguments, **limits)

    monkeypatch.setattr(Threads, "run", counted)
    for _ in range(3):
        await service.curves.read(dataset.id, dataset.kind, [row])
    assert calls == [module.read_locations]
    (service.folder / dataset.id / "files/a.fits").write_bytes(fits_bytes(count=300))
    read = (await service.curves.read(dataset.id, dataset.kind, [row]))[0]
    assert isinstance(read, Spectrum)
    assert len(read.flux) == 300


async def test_a_file_that_is_gone_is_a_rejection_among_the_others(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes(), "b.fits": fits_bytes()})
    rows = [await service.rows.get(dataset.id, n) for n in (0, 1)]
    (service.folder / dataset.id / "files/a.fits").unlink()
    gone, there = await service.curves.read(dataset.id, dataset.kind, rows)
    assert isinstance(gone, Unreadable)
    assert isinstance(there, Spectrum)


async def test_a_preview_shows_original_prepared_and_why_one_is_rejected(service: DataService) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes(), "b.fits": fits_bytes(4000.0)})
    steps = [*CUT["steps"], {"step": "resample", "minimum": 6555.0, "maximum": 6645.0, "points": 10}]
    found = await service.previews.make(dataset.id, {"schema": 1, "steps": steps}, [1, 0], Window(50))
    far, near = found["spectra"]
    assert (far["number"], far["prepared"]) == (1, None)
    assert far["rejected"]
    assert near["prepared"]["points"] == 10
    assert near["original"]["points"] == 200
    assert found["fitted_on"] is None


async def test_a_preview_of_steps_that_learn_says_from_how_many(service: DataService) -> None:
    dataset = await uploaded(service, {f"{n}.fits": fits_bytes(dip=n / 10) for n in range(8)})
    steps = [
        {"step": "resample", "minimum": 6555.0, "maximum": 6645.0, "points": 10},
        {"step": "pca", "components": 2},
    ]
    found = await service.previews.make(dataset.id, {"schema": 1, "steps": steps}, None, Window(50))
    assert (found["axis"], found["fitted_on"], len(found["spectra"])) == ("column", 8, 5)


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({"step": "cutout", "minimum": "x", "maximum": 2.0}, "recipe.1.minimum"),
        ({"step": "nonsense"}, "recipe.1"),
        (3, "recipe.1"),
    ],
)
async def test_a_recipe_that_is_nonsense_is_rejected_by_step_and_parameter(
    service: DataService, step: object, field: str
) -> None:
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    with pytest.raises(Invalid) as caught:
        await service.previews.make(
            dataset.id, {"schema": 1, "steps": [*CUT["steps"], step]}, None, Window(50)
        )
    assert [error.field for error in caught.value.errors] == [field]


async def test_a_preview_needs_spectra_and_numbers_that_are_there(service: DataService) -> None:
    empty = await service.create("empty", OWNER)
    with pytest.raises(Conflict):
        await service.previews.make(empty.id, CUT, None, Window(50))
    dataset = await uploaded(service, {"a.fits": fits_bytes()})
    for numbers in ([], [7], list(range(21))):
        with pytest.raises(Invalid):
            await service.previews.make(dataset.id, CUT, numbers, Window(50))
