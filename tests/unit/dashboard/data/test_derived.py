"""Subsets, parts by object, unions, and files that several datasets have."""

from __future__ import annotations

import pytest

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.data.dataset import SpectrumFilter, SpectrumRow
from dashboard.data.derive.objects import objects_of, split_objects
from dashboard.data.service import DataService
from tests.unit.dashboard.data.making import fits_bytes, uploaded

STRANGER = Identity("stranger", frozenset({Role.USER}))


def row(number: int, name: str = "", **more: object) -> SpectrumRow:
    path = str(more.pop("path", f"{number}.fits"))
    told = {"label": None, "group": None, **more}
    return SpectrumRow(
        number, name or str(number), path=path, hdu=None, row=None, wavelength_min=None, wavelength_max=None,
        points=None, snr=None, format="", **told,
    )  # type: ignore[arg-type]  # fmt: skip


def test_spectra_of_one_object_are_found_by_name_content_and_position() -> None:
    spectra = [
        row(0, group="Vega"), row(1, group="Vega"), row(2, "same"), row(3, "same"),
        row(4, ra=359.9999, dec=-10.0), row(5, ra=0.0002, dec=-10.0), row(6, ra=0.01, dec=-10.0),
        row(7), row(8), row(9, path="a.zip!x"), row(10, path="a.zip!y"),
        row(11, ra=10.0, dec=89.9999), row(12, ra=190.0, dec=89.9999),
    ]  # fmt: skip
    found = objects_of(spectra, {"7.fits": "f", "8.fits": "f", "a.zip": "z"})
    assert found == [[0, 1], [2, 3], [4, 5], [6], [7, 8], [9], [10], [11, 12]]


def test_no_object_is_in_both_parts_and_every_class_is_in_each() -> None:
    spectra = [row(n, group=f"star {n // 3}", label="AB"[n % 2]) for n in range(300)]
    spectra += [row(300 + n, group=f"rare {n}", label="C") for n in range(2)] + [
        row(302, group="one", label="D")
    ]
    objects = objects_of(spectra, {})
    training, test = split_objects(spectra, objects, 0.2, seed=3)
    assert sorted([*training, *test]) == list(range(303))
    groups = [{spectra[place].group for place in part} for part in (training, test)]
    assert not groups[0] & groups[1]
    assert len(groups[1]) == 20 + 1
    assert {spectra[place].label for place in test} == {"A", "B", "C"}
    assert split_objects(spectra, objects, 0.2, seed=3) == (training, test)
    assert split_objects(spectra, objects, 0.2, seed=4) != (training, test)


async def test_subsets_and_parts_refer_to_the_same_files(service: DataService) -> None:
    given = await uploaded(service, {f"n{n}/s{n}.fits": fits_bytes(name=f"s{n}") for n in range(8)})
    lines = "".join(f"n{n}/s{n}.fits,{'AB'[n % 2]},star {n // 2}\n" for n in range(8))
    await service.label(given.id, f"path,label,group\n{lines}".encode())
    await service.rows.locate(given.id, [("n1/s1.fits", 10.0, -5.0)])

    some = await service.derived.subset(given.id, SpectrumFilter(label="B"), [1, 2, 3], "", OWNER)
    rows = [one async for block in service.rows.all(some.id) for one in block]
    assert [(one.path, one.label, one.ra) for one in rows] == [
        ("n1/s1.fits", "B", 10.0),
        ("n3/s3.fits", "B", None),
    ]
    assert (some.state, some.count, some.name) == ("ready", 2, f"{given.name} (subset)")
    files = service.folder / some.id / "files"
    assert (files / "n1/s1.fits").samefile(service.folder / given.id / "files/n1/s1.fits")

    made = await service.derived.split(given.id, 0.25, 1, "stars", OWNER)
    assert (made.objects, made.test_objects) == (4, 1)
    assert (made.training.count, made.test.count) == (6, 2)
    assert (made.training.name, made.test.name) == ("stars (training)", "stars (test)")
    await service.delete(given.id)
    assert any((service.folder / made.test.id / "files").rglob("*.fits"))
    with pytest.raises(Invalid):
        await service.derived.subset(some.id, SpectrumFilter(q="nothing"), [], "", OWNER)
    with pytest.raises(NotFound):
        await service.derived.split(some.id, 0.5, 0, "", STRANGER)
    one = await service.derived.subset(some.id, SpectrumFilter(), [0], "", OWNER)
    with pytest.raises(Invalid):
        await service.derived.split(one.id, 0.5, 0, "", OWNER)


async def test_unions_leave_out_what_came_before_and_keep_paths_apart(service: DataService) -> None:
    same = fits_bytes(name="same")
    first = await uploaded(service, {"a.fits": fits_bytes(name="a"), "same.fits": same})
    second = await uploaded(service, {"A.fits": fits_bytes(name="other"), "again.fits": same})
    await service.label(first.id, b"path,label\nsame.fits,K\n")
    assert await service.derived.duplicates(first.id, OWNER) == [
        {"dataset": second.id, "name": second.name, "files": 1}
    ]
    made, left_out = await service.derived.unite([first.id, second.id, first.id], "both", OWNER)
    assert (made.name, made.state, made.count, left_out) == ("both", "ready", 3, 1)
    rows = [one async for block in service.rows.all(made.id) for one in block]
    assert [(one.path, one.label) for one in rows] == [
        ("a.fits", None),
        ("same.fits", "K"),
        ("2/A.fits", None),
    ]
    assert made.classes == {"K": 1}
    for one in rows:
        assert (service.folder / made.id / "files" / one.path).is_file()
    with pytest.raises(Invalid):
        await service.derived.unite([first.id, first.id], "both", OWNER)
    with pytest.raises(NotFound):
        await service.derived.unite([first.id, second.id], "both", STRANGER)
    waiting = await service.create("empty", OWNER)
    with pytest.raises(Conflict):
        await service.derived.unite([first.id, waiting.id], "both", OWNER)
    assert (await service.rename(made.id, "  new   name ")).name == "new name"
