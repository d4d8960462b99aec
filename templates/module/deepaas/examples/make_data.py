"""Writes an example spectrum into a folder: `python make_data.py FOLDER`. It is made up, not observed."""

import math
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Write a line in emission on a flat continuum."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(6480.0 + step, 1.0 + 2.0 * math.exp(-(((step - 84.0) / 6.0) ** 2))) for step in range(290)]
    text = "wavelength,flux\n" + "".join(f"{wavelength:.1f},{flux:.5f}\n" for wavelength, flux in rows)
    (folder / "spectrum.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
