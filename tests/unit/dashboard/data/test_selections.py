"""Datasets of what is selected in a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Conflict, Denied, Invalid, NotFound
from dashboard.base.ownership import Visibility
from dashboard.data import selection
from dashboard.data.dataset import Dataset, DatasetState, Kind
from dashboard.data.service import DataService
from dashboard.jobs.job import Phase
from dashboard.reports.selection import Chosen, ReportSelections
from spectra import Batch, FeatureSet, FeatureSetWriter, Source
from tests.unit.dashboard.data.making import chunks, fits_bytes, uploaded
from tests.unit.dashboard.data.shelf import Shelf, view

FILES = ("d/a.fits", "d/b.fits", "d/c.fits", "e.fits")
COLLEAGUE = Identity("colleague", frozenset({Role.USER}))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out")


@pytest.fixture
def selections(shelf: Shelf, service: DataService) -> ReportSelections:
    return ReportSelections(shelf, service)  # type: ignore[arg-type]


@pytest.fixture
async def dataset(shelf: Shelf, service: DataService) -> Dataset:
    """Return a dataset of four files whose rows the job saw in another order."""
    found = await uploaded(service, {path: fits_bytes(name=path[-6]) for path in FILES})
    await service.label(found.id, b"path,label,group,instrument\nd/c.fits,K,star,LAMOST\n")
    shelf.dataset = found.id
    rows = [await service.rows.get(found.id, number) for number in (3, 2, 1, 0)]
    shelf.features([Source(f"in/data/{row.path}", row.hdu, row.row) for row in rows])
    return found


async def paths(service: DataService, made: Dataset) -> list[str]:
    return [row.path async for some in service.rows.all(made.id) for row in some]


async def test_cells_become_a_dataset_of_the_original_spectra_with_their_labels(
    shelf: Shelf, selections: ReportSelections, service: DataService, dataset: Dataset
) -> None:
    shelf.report(view("som-map", marks="marks.npy"), marks=np.array([7, 2, 2, 5], dtype=np.int32))
    made = await selections.create("1", Chosen(view="v", marks=[2, 7]), " My  cells ", OWNER)
    assert made.left_out == 0
    assert (made.dataset.name, made.dataset.state, made.dataset.count) == ("My cells", DatasetState.READY, 3)
    assert await paths(service, made.dataset) == ["d/b.fits", "d/c.fits", "e.fits"]
    row = await service.rows.get(made.dataset.id, 1)
    assert (row.label, row.group, row.instrument) == ("K", "star", "LAMOST")
    assert made.dataset.classes == {"K": 1}
    assert made.dataset.origin is not None
    assert {name: made.dataset.origin[name] for name in ("job", "dataset", "name")} == {
        "job": "1",
        "dataset": dataset.id,
        "name": dataset.name,
    }
    assert not (service.folder / made.dataset.id / "files" / "d" / "a.fits").exists()


async def test_a_lasso_takes_all_points_within_it(
    shelf: Shelf, selections: ReportSelections, service: DataService, dataset: Dataset
) -> None:
    shelf.report(view("scatter", x=[0.0, 1.0, 2.0, 9.0], y=[0.0, 1.0, 0.0, 9.0]))
    around = [[-1, -1], [3, -1], [3, 0.5], [-1, 0.5]]
    made = await selections.create("1", Chosen(view="v", polygon=around), "lasso", OWNER)
    assert await paths(service, made.dataset) == ["d/b.fits", "e.fits"]


async def test_a_selection_keeps_its_spectra_when_the_dataset_is_deleted_and_takes_no_files(
    selections: ReportSelections, service: DataService, dataset: Dataset
) -> None:
    made = (await selections.create("1", Chosen(rows=[1, 1, 0]), "two", OWNER)).dataset
    assert made.sha256 != (await selections.create("1", Chosen(rows=[1, 2]), "others", OWNER)).dataset.sha256
    await service.delete(dataset.id, OWNER)
    row = await service.rows.get(made.id, 0)
    assert (await service.curves.read(made.id, made.kind, [row]))[0].flux.shape == (200,)  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="selection"):
        await service.upload(made.id, "more.fits", chunks(fits_bytes()), identity=OWNER)
    assert (await service.label(made.id, b"path,label\nd/c.fits,M\n")).changed == 1


async def test_rows_whose_spectra_are_gone_are_counted_and_none_left_is_told(
    shelf: Shelf, selections: ReportSelections, service: DataService, dataset: Dataset
) -> None:
    there = await service.rows.get(dataset.id, 0)
    shelf.features([Source("in/data/gone.fits"), Source(f"in/data/{there.path}", there.hdu, there.row)])
    assert (await selections.create("1", Chosen(rows=[0, 1]), "some", OWNER)).left_out == 1
    with pytest.raises(Conflict, match="none of the selected"):
        await selections.create("1", Chosen(rows=[0]), "none", OWNER)
    with pytest.raises(Invalid, match="no row 9"):
        await selections.create("1", Chosen(rows=[1, 9]), "foreign", OWNER)
    await service.delete(dataset.id, OWNER)
    with pytest.raises(Conflict, match="was deleted"):
        await selections.create("1", Chosen(rows=[1]), "deleted", OWNER)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        (Chosen(), "rows"),
        (Chosen(rows=[0], view="v", marks=[1]), "rows"),
        (Chosen(rows=[]), "rows"),
        (Chosen(marks=[1]), "view"),
        (Chosen(polygon=[[0, 0], [1, 0], [0, 1]]), "view"),
        (Chosen(view="v", marks=[99]), "rows"),
    ],
)
async def test_what_is_no_selection_is_told_by_field(
    shelf: Shelf, selections: ReportSelections, dataset: Dataset, chosen: Chosen, field: str
) -> None:
    shelf.report(view("som-map", marks="marks.npy"), marks=np.zeros(4, dtype=np.int32))
    with pytest.raises(Invalid) as caught:
        await selections.create("1", chosen, "x", OWNER)
    assert caught.value.errors[0].field == field


async def test_a_large_selection_is_rejected_with_its_size(
    selections: ReportSelections, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_SELECTED", 2)
    with pytest.raises(Invalid, match="3 spectra are selected; a selection has 1 to 2"):
        await selections.create("1", Chosen(rows=[0, 1, 2]), "x", OWNER)


async def test_a_polygon_of_a_view_without_points_and_an_unknown_view_are_told(
    shelf: Shelf, selections: ReportSelections, dataset: Dataset
) -> None:
    shelf.report(view("table", columns=[], rows=[]))
    for name in ("v", "w"):
        with pytest.raises(NotFound):
            await selections.create("1", Chosen(view=name, polygon=[[0, 0], [1, 0], [0, 1]]), "x", OWNER)


async def test_the_dataset_is_of_who_selects_and_nobody_selects_what_they_may_not_see(
    selections: ReportSelections, service: DataService, dataset: Dataset
) -> None:
    with pytest.raises(Conflict, match="deleted"):  # as for a dataset that is not there
        await selections.create("1", Chosen(rows=[0]), "x", COLLEAGUE)
    await service.store.set(dataset.id, visibility=Visibility.PUBLIC)
    made = (await selections.create("1", Chosen(rows=[0]), "x", COLLEAGUE)).dataset
    assert (made.owner, made.visibility) == ("colleague", Visibility.PRIVATE)
    with pytest.raises(Denied):
        await selections.create("1", Chosen(rows=[0]), "x", Identity("reader", frozenset({Role.VIEWER})))


async def test_rows_of_a_feature_set_become_a_feature_set(
    shelf: Shelf, selections: ReportSelections, service: DataService, tmp_path: Path
) -> None:
    path, grid = tmp_path / "f.parquet", np.linspace(6500.0, 6600.0, 4)
    with FeatureSetWriter(path, wavelength=grid) as writer:
        flux = np.arange(20, dtype=np.float32).reshape(5, 4)
        names = [f"s{n}" for n in range(5)]
        writer.write(Batch(flux, grid, names, ["K"] * 5, [None] * 5, [Source(name) for name in names]))
    given = await uploaded(service, {"f.parquet": path.read_bytes()}, Kind.FEATURES)
    shelf.dataset = given.id
    shelf.out.mkdir()
    made = (await selections.create("1", Chosen(rows=[3, 1]), "rows", OWNER)).dataset
    made = await service.settled(made.id)
    assert (made.state, made.kind, made.count, made.classes) == (
        DatasetState.READY,
        Kind.FEATURES,
        2,
        {"K": 2},
    )
    features = FeatureSet.open(await service.feature_file(made.id))
    assert features.names() == ["s1", "s3"]
    assert np.array_equal(features.matrix(), flux[[1, 3]])


async def test_spectra_that_a_job_made_become_a_dataset_of_their_files(
    shelf: Shelf, selections: ReportSelections, service: DataService
) -> None:
    (shelf.out / "dataset").mkdir(parents=True)
    for name in ("a.fits", "b.fits"):
        (shelf.out / "dataset" / name).write_bytes(fits_bytes(name=name[0]))
    (shelf.out / "dataset" / "labels.csv").write_text("path,label\na.fits,K\n")
    made = await selections.output("1", "", OWNER)
    made = await service.settled(made.id)
    assert (made.name, made.kind, made.count, made.synthetic) == ("toy", Kind.SPECTRA, 2, True)
    assert made.classes == {"K": 1}
    assert made.origin == {"job": "1", "kind": "output"}
    assert await paths(service, made) == ["a.fits", "b.fits"]


async def test_without_files_of_its_own_a_job_gives_its_feature_set(
    shelf: Shelf, selections: ReportSelections, service: DataService
) -> None:
    shelf.features([Source("in/data/a.fits"), Source("in/data/b.fits")])
    made = await service.settled((await selections.output("1", "prepared", OWNER)).id)
    assert (made.name, made.kind, made.count) == ("prepared", Kind.FEATURES, 2)


async def test_a_running_job_and_one_without_spectra_make_no_dataset(
    shelf: Shelf, selections: ReportSelections
) -> None:
    shelf.phase = Phase.EXECUTING
    with pytest.raises(Conflict, match="still runs"):
        await selections.output("1", "x", OWNER)
    shelf.phase = Phase.COMPLETED
    with pytest.raises(Conflict, match="has left no spectra"):
        await selections.output("1", "x", OWNER)
    viewer = Identity("viewer", frozenset({Role.VIEWER}))
    with pytest.raises(Denied):
        await selections.output("1", "x", viewer)
