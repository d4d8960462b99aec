"""Tables of labels: VO-CLOUD's dialects, our own, and what is wrong with one."""

from __future__ import annotations

import pytest
from astropy.io.votable import parse_single_table

from dashboard.base.errors import Invalid
from dashboard.labels import export
from dashboard.labels.event import EventKind, NewEvent
from dashboard.labels.importing import import_table
from tests.unit.dashboard.labels.conftest import ANNA, BORIS, Labelling


async def imported(labelling: Labelling, text: str, *, partial: bool = False) -> tuple[int, int, list[str]]:
    done, errors = await import_table(
        labelling.service, labelling.service._data.rows, labelling.id, text, ANNA, partial=partial
    )
    return len(done.stored), len(done.known), [f"{one.field}: {one.message}" for one in errors]


async def labels(labelling: Labelling) -> dict[int, str]:
    current = await labelling.service.current(labelling.id, ANNA)
    return {one.spectrum.row: one.label for one in current.labels()}


async def test_vo_clouds_id_and_label_go_in_and_out(labelling: Labelling) -> None:
    text = "id,label\nstar 3,single\n5.csv,double\n"
    assert await imported(labelling, text) == (2, 0, [])
    assert await imported(labelling, text) == (0, 2, [])  # the same table counts once
    assert await labels(labelling) == {3: "single", 5: "double"}
    rows = export.state_rows(await labelling.service.current(labelling.id, ANNA))
    assert "".join(export.id_lines(rows)) == "id,label\r\nstar 3,single\r\nstar 5,double\r\n"


async def test_label_and_comment_are_a_line_for_each_spectrum(labelling: Labelling) -> None:
    text = "label,comment\n" + "".join(
        f"{label}\n" for label in ["single,nice", ",odd continuum", *["other,"] * 8]
    )
    assert (await imported(labelling, text))[0] == 10
    rows = export.state_rows(await labelling.service.current(labelling.id, ANNA))
    lines = "".join(export.comment_lines(rows, 10)).split("\r\n")
    assert lines[:4] == ["label,comment", "single,nice", ",odd continuum", "other,"]
    with pytest.raises(Invalid, match="2 lines are not the dataset's 10 spectra"):
        await imported(labelling, "label,comment\nsingle,\nother,\n")


async def test_wrong_lines_are_named_and_store_nothing_unless_the_others_are_wanted(
    labelling: Labelling,
) -> None:
    text = "id,label\nstar 1,single\nstar 77,single\nstar 2,tripple\n"
    with pytest.raises(Invalid, match="2 of 3 lines cannot be used: line 3: 'star 77' names no spectrum"):
        await imported(labelling, text)
    assert await labels(labelling) == {}
    stored, _, errors = await imported(labelling, text, partial=True)
    assert stored == 1
    assert "'tripple' is none of the classes other, single, double" in errors[1]


async def test_what_is_no_table_of_labels_is_said(labelling: Labelling) -> None:
    with pytest.raises(Invalid, match="no column has the class"):
        await imported(labelling, "id,comment\na,b\n")
    with pytest.raises(Invalid, match="no labels below"):
        await imported(labelling, "id,label\n")


async def test_a_comment_like_a_formula_goes_out_as_text_and_comes_back(labelling: Labelling) -> None:
    event = NewEvent("k", EventKind.LABEL, 0, "single", comment="=HYPERLINK()")
    await labelling.service.append(labelling.id, [event], ANNA)
    rows = export.state_rows(await labelling.service.current(labelling.id, ANNA))
    assert "'=HYPERLINK()" in "".join(export.csv_of(rows, export.ALL))


async def test_a_votable_is_read_by_astropy(labelling: Labelling, tmp_path) -> None:
    await labelling.label(1, "single")
    await labelling.label(1, "double", BORIS)
    rows = export.state_rows(await labelling.service.current(labelling.id, ANNA))
    file = tmp_path / "labels.vot"
    file.write_text("".join(export.votable_of(rows, {"label_set": "Be & stars"})), encoding="utf-8")
    table = parse_single_table(file).to_table()
    assert list(table["name"]) == ["star 1"]
    assert list(table["state"]) == ["conflicting"]
    assert list(table["labels"]) == ['{"anna": "single", "boris": "double"}']
