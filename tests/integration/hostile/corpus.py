"""The files that are damaged: some of every folder and kind of the real spectra."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.integration.hostile.mutate import LONGEST, damaged

EACH = 4
FINDS: tuple[tuple[str, int], ...] = ()
"""File and seed of each damage that ever did harm; they are tried in every run."""


def corpus(data: Path) -> list[Path]:
    """Return up to `EACH` files of every folder and suffix, none longer than what is damaged."""
    kinds: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for file in sorted(data.rglob("*")):
        if file.is_file() and 0 < file.stat().st_size <= LONGEST and file.name != "README.md":
            kinds[str(file.parent), file.suffix].append(file)
    return [file for kind in sorted(kinds) for file in kinds[kind][:EACH]]


def write_others(folder: Path) -> list[Path]:
    """Write files of the formats that are not among the real spectra; return their paths."""
    folder.mkdir(exist_ok=True)
    wave = np.linspace(6400, 6800, 200)
    flux = 1 + np.sin(wave / 9) / 5
    tables = {
        "flat.parquet": {"wavelength": wave, "flux": flux},
        "nested.parquet": {
            "object_id": ["a", "b"],
            "spectrum": [{"flux": list(flux), "lambda": list(wave), "ivar": list(flux)} for _ in "ab"],
        },
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / name)
    points = "".join(f"<TR><TD>{x:.2f}</TD><TD>{y:.4f}</TD></TR>" for x, y in zip(wave, flux, strict=True))
    fields = (
        '<FIELD name="wavelength" datatype="double" unit="Angstrom"/><FIELD name="flux" datatype="double"/>'
    )
    for name, data in (("rows.vot", f"<TABLEDATA>{points}</TABLEDATA>"), ("empty.vot", "<BINARY2/>")):
        text = f"<VOTABLE><RESOURCE><TABLE>{fields}<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"
        (folder / name).write_text(f'<?xml version="1.0"?>{text}')
    return sorted(folder.iterdir())


def damages(data: Path, count: int, others: list[Path]) -> list[tuple[Path, int]]:
    """Return `count` pairs of file and seed, and those of `FINDS`."""
    files = corpus(data) + others
    found = [(data / name, seed) for name, seed in FINDS]
    return found + [(files[seed % len(files)], seed) for seed in range(count)]


def write(folder: Path, cases: list[tuple[Path, int]]) -> list[str]:
    """Write damaged files; return their names, which begin with the seed."""
    names = []
    for file, seed in cases:
        names.append(f"{seed}-{file.name}")
        (folder / names[-1]).write_bytes(damaged(file.read_bytes(), seed))
    return names
