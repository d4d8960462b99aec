"""The spellings of one designation are one, and a designation by position states it."""

from __future__ import annotations

import pytest

from deepaas_plugins.pipeline.validation.designations import designation, designation_in, stated_position


@pytest.mark.parametrize(
    ("spellings", "one"),
    [
        (["SN 2000cn", "sn00cn", "SN2000CN", "2000cn", "00cn", "sn_2000cn", "SN-2000cn"], "SN 2000cn"),
        (["SN 1987A", "sn87a", "1987A", "SN1987a"], "SN 1987A"),
        (["AT 2018cow", "SN2018cow", "at2018cow"], "SN 2018cow"),
        (
            ["LAMOST J030220.94-023931.7", "J030220.94-023931.7", "2MASS J03022094-0239317"],
            "J03022094-0239317",
        ),
        (
            ["2MASSJ03022094-0239317", "SDSS J030220.94-023931.7", "LAMOSTJ030220.94−023931.7"],
            "J03022094-0239317",
        ),
        (
            ["2mass j03022094-0239317", "2MASS-J03022094-0239317", "lamost_j030220.94-023931.7"],
            "J03022094-0239317",
        ),
        (["LAMOST DR7 J030220.94-023931.7", "LAMOST-J030220.94-023931.7"], "J03022094-0239317"),
        (["SNe 2000cn", "SN2000 cn", "SN-00cn", "SN 2000CN"], "SN 2000cn"),
        (["Gaia DR3 4295806720", "Gaia EDR3 4295806720", "gaia_dr3_4295806720"], "GAIADR34295806720"),
        (["HD 000358", "hd358", "HD_358"], "HD358"),
        (["BD+39 4926", "BD +39 4926", "bd+394926"], "BD+394926"),
    ],
)
def test_spellings_of_one_designation_are_one(spellings: list[str], one: str) -> None:
    assert {designation(text) for text in spellings} == {one}


@pytest.mark.parametrize(
    "text", ["star-12", "object 3", "", "spec-55916-B5591606_sp01-001", "J1234+56", "199901"]
)
def test_other_names_are_no_designations(text: str) -> None:
    assert designation(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SN 2000cn", "SN 2000co"),
        ("SN 1987A", "SN 1987aa"),
        ("sn99a", "SN 2099A"),
        ("HD 358", "HR 358"),
        ("Gaia DR2 12", "Gaia DR3 12"),
    ],
)
def test_different_objects_stay_different(one: str, other: str) -> None:
    assert designation(one) != designation(other)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sn2001ig-20020123.flm", "SN 2001ig"),
        ("SN00cn_20000603_3450_7000", "SN 2000cn"),
        ("2MASS J03022094-0239317.fits", "J03022094-0239317"),
        ("snapshot-2001", None),
        ("spec-55859-F5907_sp07-169.fits.gz", None),
        ("20020123-345000.fits", None),
    ],
)
def test_a_file_name_may_begin_with_a_designation(name: str, found: str | None) -> None:
    assert designation_in(name) == found


def test_a_designation_by_position_states_it() -> None:
    for text in ("LAMOST J030220.94-023931.7", "2MASS J03022094-0239317"):
        assert stated_position(text) == pytest.approx((45.58725, -2.658806), abs=1e-5)
    assert stated_position("J295959.00+010203.0") is None
    assert stated_position("star-12") is None
