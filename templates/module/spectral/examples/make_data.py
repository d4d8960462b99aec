"""Writes example spectra into a folder: `python make_data.py FOLDER`. They are made up, not observed."""

{% if task == "Regression" %}
import csv
{% endif %}
import sys
from pathlib import Path

{% if task == "Regression" %}
import numpy as np
from spectra import read
{% endif %}
from spectra.synthetic import write_folder

COUNT = 96


def main(folder: Path) -> None:
    """Write spectra of Hα lines, and their labels."""
    write_folder(folder, COUNT)
{% if task == "Regression" %}
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:  # the number to learn: the equivalent width of the line
        spectrum = read(folder / row["path"])[0]
        line = np.abs(spectrum.wavelength - 6564.6) < 20.0
        level = np.median(spectrum.flux[~line])
        row["label"] = f"{np.trapezoid(1.0 - spectrum.flux[line] / level, spectrum.wavelength[line]):.4f}"
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["path", "name", "label", "group"])
        writer.writeheader()
        writer.writerows(rows)
{% endif %}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
