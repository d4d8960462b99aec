"""The spectra of the demo: a given folder, real spectra beside the project, or synthetic ones."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dashboard.base.bundled import ROOT
from spectra.synthetic import write_folder

SYNTHETIC_SPECTRA = 400
BLUE = (3850.0, 6800.0)  # where stellar types differ; night-sky lines dominate redwards
CLASSES = "AFGK"  # LAMOST types with enough spectra


@dataclass(frozen=True)
class DemoData:
    """Spectra for the demo.

    Parameters
    ----------
    name
        Name of the dataset.
    folder
        The spectra.
    what
        A description in one sentence.
    window
        Wavelength range to train on (Å, vacuum); None: the range that most spectra cover.
    """

    name: str
    folder: Path
    what: str
    window: tuple[float, float] | None = None


def find_data(given: Path | None, work: Path) -> DemoData:
    """Return the spectra for the demo.

    Parameters
    ----------
    given
        A folder of spectra, or None.
    work
        Folder for files of the demo.
    """
    if given is not None:
        labels = given / "labels.csv"
        what = f"the spectra of {given}" + (
            "" if labels.is_file() else " (no labels.csv, therefore no classification)"
        )
        return DemoData(given.resolve().name, given, what)
    real = Path(os.environ.get("HUGGINS_DATA", ROOT.parent / "shared" / "data")) / "lamost"
    if (real / "labels.csv").is_file():
        folder = _select(real, work / "lamost")
        what = f"real LAMOST spectra of A, F, G and K stars (from {real})"
        return DemoData("LAMOST stars", folder, what, BLUE)
    folder = work / "synthetic"
    write_folder(folder, SYNTHETIC_SPECTRA, seed=1)
    what = "SYNTHETIC Hα profiles; no real spectra found (use yours: make demo DATA=folder)"
    return DemoData("synthetic Hα profiles", folder, what)


def _select(survey: Path, to: Path) -> Path:
    """Copy the stars of a usable type into a folder, with a ``labels.csv`` of type and star."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    with (survey / "labels.csv").open(newline="") as rows, (to / "labels.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("path", "label", "group"))
        for row in csv.DictReader(rows):
            letter = row["subclass"][:1]
            if letter in CLASSES and row["fmt"].startswith("LRS"):
                copy = to / row["file"]  # no link: an upload follows none out of its folder
                copy.parent.mkdir(exist_ok=True)
                shutil.copyfile(survey / row["file"], copy)
                writer.writerow((row["file"], letter, row["designation"]))
    return to
