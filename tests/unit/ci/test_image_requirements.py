"""Requirements come from pyproject.toml and nowhere else."""

from pathlib import Path

import pytest

from ci.base.huggins_extras import of_extra
from ci.context import BASE_EXTRAS
from ci.images import ROOT
from ci.requirements import UnknownExtra, requirements

PYPROJECT = """
[project]
name = "huggins"
dependencies = ["numpy>=2"]
[project.optional-dependencies]
spectra = ["scipy", "h5py"]
serve = ["aiohttp>=3", "deepaas"]
platform = ["aiohttp>=3", "huggins[spectra, serve]", "uvloop; platform_system != 'Windows'"]
"""


@pytest.fixture
def pyproject(tmp_path: Path) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(PYPROJECT)
    return path


def test_extras_come_with_the_core_and_each_requirement_once(pyproject: Path) -> None:
    assert requirements(pyproject, ["serve", "serve"]) == ["aiohttp>=3", "deepaas", "numpy>=2"]


def test_an_extra_that_names_others_brings_theirs(pyproject: Path) -> None:
    assert requirements(pyproject, ["platform"]) == [
        "aiohttp>=3",
        "deepaas",
        "h5py",
        "numpy>=2",
        "scipy",
        "uvloop; platform_system != 'Windows'",
    ]


def test_an_unknown_extra_is_rejected_with_the_known_ones(pyproject: Path) -> None:
    with pytest.raises(UnknownExtra, match=r"no extra 'sevre'.*platform, serve, spectra"):
        requirements(pyproject, ["sevre"])


def test_the_base_image_gets_what_reads_spectra_and_what_serves() -> None:
    names = " ".join(requirements(ROOT / "pyproject.toml", BASE_EXTRAS))
    for needed in ("numpy", "astropy", "specutils", "pyarrow", "deepaas", "aiohttp"):
        assert needed in names
    assert "SQLAlchemy" not in names, "the platform's own requirements stay out of module images"


def test_an_installed_extra_is_read_from_metadata_with_other_markers_kept() -> None:
    requires = [
        "numpy<3,>=2.0",
        'minisom<3,>=2.3.5; extra == "som"',
        'skops; extra == "rdf"',
        "torch; (platform_system == 'Linux') and extra == 'som'",
    ]
    assert of_extra(requires, "som") == ["minisom<3,>=2.3.5", "torch; (platform_system == 'Linux')"]
