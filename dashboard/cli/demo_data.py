"""The demo's spectra: anybody's folder, the real ones beside the project, or synthetic ones."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from spectra.synthetic import write_folder

ROOT = Path(__file__).resolve().parents[2]
SYNTHETIC_SPECTRA = 400
CLASSES = "AFGK"  # of the LAMOST spectra; the other types have too few


@dataclass(frozen=True)
class DemoData:
    """Spectra to tell the story with.

    Parameters
    ----------
    name
        Of the dataset, as shown.
    folder
        The spectra.
    labels
        CSV of classes, or None where the folder brings its own or there are none.
    what
        One sentence on what they are.
    """

    name: str
    folder: Path
    labels: Path | None
    what: str


def find_data(given: Path | None, work: Path) -> DemoData:
    """Return the spectra for the demo.

    Parameters
    ----------
    given
        A person's own folder, or None.
    work
        Where the demo may write.
    """
    if given is not None:
        labels = given / "labels.csv"
        what = f"the spectra of {given}" + (
            "" if labels.is_file() else " (no labels.csv: nothing to classify by)"
        )
        return DemoData(given.resolve().name, given, None, what)
    real = Path(os.environ.get("HUGGINS_DATA", ROOT.parent / "shared" / "data")) / "lamost"
    if (real / "labels.csv").is_file():
        labels = _mk_classes(real / "labels.csv", work / "lamost-classes.csv")
        return DemoData("LAMOST stars", real, labels, f"real LAMOST spectra of A, F, G and K stars ({real})")
    folder = work / "synthetic"
    write_folder(folder, SYNTHETIC_SPECTRA, seed=1)
    what = "SYNTHETIC Hα profiles, as no real spectra are at hand (make demo DATA=folder takes yours)"
    return DemoData("synthetic Hα profiles", folder, None, what)


def _mk_classes(survey: Path, to: Path) -> Path:
    """Write ``path,label,group`` from the survey's table: the first letter of the subclass, and the star."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with survey.open(newline="") as rows, to.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("path", "label", "group"))
        for row in csv.DictReader(rows):
            letter = row["subclass"][:1]
            if letter in CLASSES and row["subclass"] != "Non":
                writer.writerow((row["file"], letter, row["designation"]))
    return to
