"""From FITS files to a feature set, against the straightforward way: `python -m benchmarks.prepare`.

Files are the LAMOST low-resolution images and the STELIB spectra of the data folder (HUGGINS_DATA, else
shared/data beside the project), repeated; the feature set is the Hα window (6519–6732 Å in vacuum, 140
points).

What must be done and what the machine can: a file of this mix has 39 kB as stored and 64 kB unpacked, of
which 21 kB reach to the end of the window. To read it and to unpack those takes some 60 µs of one core of the
Xeon (igzip) that this was written on, where the whole preparation takes 100 µs and the straightforward way
1,400; the last line of the table measures that floor anew. How it is done: `spectra/reading/quicklook.py`.

Claims
------
prepare
    Files per second of `spectra.prepare` with two processes against one process that opens each file with
    `astropy.io.fits`, interpolates with `numpy.interp` and collects the rows. Medians of alternating rounds.
    Beside it, where others use the machine, the processor time of one process each.
prepare_equal
    Largest relative difference of the two matrices.
prepare_memory
    Peak memory (sum of all processes' high-water marks) at ten times the files.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from astropy.io.fits.verify import VerifyWarning
from isal import isal_zlib

from benchmarks.peak_memory import peak_memory
from benchmarks.result import Result, machine, print_result, print_table
from spectra import FeatureSet, Recipe, prepare
from spectra.air import air_to_vacuum

GRID = np.linspace(6519.0, 6732.0, 140)
RECIPE = {
    "schema": 1,
    "steps": [
        {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
        {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140},
    ],
}
GZIP = b"\x1f\x8b"
WORKERS = 2
ROUNDS = 3


def data_folder() -> Path:
    """Find the real spectra.

    Raises
    ------
    SystemExit
        They are not there.
    """
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("HUGGINS_DATA", beside))
    if not (folder / "lamost").is_dir() or not (folder / "stelib").is_dir():
        sys.exit(f"no LAMOST and STELIB spectra in {folder}; set HUGGINS_DATA")
    return folder


def repeat_files(target: Path, count: int) -> None:
    """Fill a folder with so many files: the spectra, over and over (hard links to one copy of each)."""
    data = data_folder()
    files = sorted((data / "lamost").rglob("spec-*.fits*")) + sorted((data / "stelib").glob("*.fits.gz"))
    for number in range(count):
        file = files[number % len(files)]
        path = target / f"{number:06d}{'.fits.gz' if file.suffix == '.gz' else '.fits'}"
        if number < len(files):
            shutil.copyfile(file, path)
            files[number] = path
        else:
            path.hardlink_to(file)


def straightforward(folder: Path) -> npt.NDArray[np.float32]:
    """Prepare spectra as one would in a notebook: file by file.

    Parameters
    ----------
    folder : Path
        The spectra, FITS images.

    Returns
    -------
    ndarray
        Flux on `GRID`, shape (files, points), float32.
    """
    rows = []
    for path in sorted(folder.iterdir()):
        with fits.open(path) as file:
            wavelength, flux = pixels_of(file[0])
        rows.append(np.interp(GRID, wavelength, flux).astype(np.float32))
    return np.array(rows)


def pixels_of(hdu: fits.PrimaryHDU) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.floating]]:
    """Return the pixels of a LAMOST or a STELIB image.

    Parameters
    ----------
    hdu : fits.PrimaryHDU
        The primary HDU.

    Returns
    -------
    ndarray, ndarray
        Wavelengths in Å in vacuum, and flux in the file's unit, shape (pixels,) each.
    """
    header, data = hdu.header, hdu.data
    if data.ndim == 2:
        flux = data[0]
        return 10.0 ** (header["COEFF0"] + header["COEFF1"] * np.arange(len(flux))), flux
    step = header["CDELT1"] if "CDELT1" in header else header["CD1_1"]
    first = header["CRVAL1"] + (1.0 - header.get("CRPIX1", 1.0)) * step
    return air_to_vacuum(first + step * np.arange(len(data))), data


def ours(folder: Path, out: Path, workers: int = WORKERS) -> None:
    """Prepare spectra with `spectra.prepare`.

    Parameters
    ----------
    folder : Path
        The spectra.
    out : Path
        Where ``features.parquet`` is written.
    workers : int
        Number of processes.
    """
    prepare(folder, Recipe.from_json(RECIPE), out / "features.parquet", workers=workers)


def floor(folder: Path, needed: dict[int, int]) -> None:
    """Do only what cannot be left out: read each file, and unpack it to the end of the window."""
    for path in sorted(folder.iterdir()):
        stored = path.read_bytes()
        if stored[:2] == GZIP:
            isal_zlib.decompressobj(wbits=31).decompress(stored[: needed[path.stat().st_ino]])


def packed_bytes_needed(folder: Path) -> dict[int, int]:
    """Count the bytes of each gzipped file, by its inode, that unpack to the end of the window."""
    needed: dict[int, int] = {}
    for path in sorted(folder.iterdir()):
        inode = path.stat().st_ino
        if inode in needed or path.suffix != ".gz":
            continue
        with fits.open(path) as file, warnings.catch_warnings(action="ignore", category=VerifyWarning):
            wavelength, flux = pixels_of(file[0])
            last = int(np.searchsorted(wavelength, GRID[-1])) + 1
            end = file.fileinfo(0)["datLoc"] + last * flux.dtype.itemsize
        stored, inflater, unpacked, taken = path.read_bytes(), isal_zlib.decompressobj(wbits=31), 0, 0
        while unpacked < end:
            unpacked += len(inflater.decompress(stored[taken : taken + 256]))
            taken += 256
        needed[inode] = taken
    return needed


@dataclass
class Stopwatch:
    """Wall-clock and processor seconds of every round of one kind of work."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def time(self, work: Callable[[], Any]) -> Any:
        """Do the work; return what it returns."""
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(time.process_time() - processor)
        return result


def measure_speed(count: int) -> None:
    """Measure the claims `prepare` and `prepare_equal`."""
    own, peer, alone, least = Stopwatch(), Stopwatch(), Stopwatch(), Stopwatch()
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "files"), Path(scratch, "out")
        folder.mkdir()
        repeat_files(folder, count)
        needed = packed_bytes_needed(folder)
        straightforward(folder)  # once for the page cache and the imports
        for _ in range(ROUNDS):
            least.time(lambda: floor(folder, needed))
            alone.time(lambda: ours(folder, out, workers=1))
            own.time(lambda: ours(folder, out))
            expected = peer.time(lambda: straightforward(folder))
        found = FeatureSet.open(out / "features.parquet").matrix()
    ratios = [slow / fast for slow, fast in zip(peer.wall, own.wall, strict=True)]
    rows = (
        (f"spectra.prepare, {WORKERS} processes", own),
        ("spectra.prepare, 1 process", alone),
        ("astropy + numpy.interp, 1 process", peer),
        ("reading and unpacking to the window's end, 1 process", least),
    )
    print_table(["", "seconds", "files/s", "processor µs per file"], [_row(*row, count) for row in rows])
    core = statistics.median(peer.processor) / statistics.median(alone.processor)
    print(
        f"rounds: {', '.join(f'{value:.1f}×' for value in ratios)} over {count} files; per core {core:.1f}×"
    )
    ratio = statistics.median(ratios)
    speeds = (count / statistics.median(own.wall), count / statistics.median(peer.wall))
    print_result(Result("prepare", *speeds, ratio, "files/s", "≥ 12", ratio >= 12.0))
    difference = _difference(found, np.asarray(expected))
    print_result(
        Result("prepare_equal", difference, 0.0, difference, "relative", "≤ 1e-6", difference <= 1e-6)
    )


def _row(name: str, watch: Stopwatch, count: int) -> list[object]:
    seconds = statistics.median(watch.wall)
    # The processor time of other processes is not this one's.
    several = f"{WORKERS} processes" in name
    return [
        name,
        seconds,
        count / seconds,
        "" if several else statistics.median(watch.processor) / count * 1e6,
    ]


def _difference(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> float:
    if found.shape != expected.shape:
        return float("inf")
    scale = np.abs(expected).max(axis=1, keepdims=True)
    return float((np.abs(found - expected) / np.where(scale > 0, scale, 1.0)).max())


def measure_memory(count: int) -> None:
    """Measure the claim `prepare_memory`."""
    peaks = {}
    for files in (count, 10 * count):
        with tempfile.TemporaryDirectory() as scratch:
            folder, out = Path(scratch, "files"), Path(scratch, "out")
            folder.mkdir()
            repeat_files(folder, files)
            peaks[files] = peak_memory(
                [sys.executable, "-m", "benchmarks.prepare", "--once", str(folder), str(out)]
            )
    few, many = peaks[count], peaks[10 * count]
    print_table(["files", "peak memory, MB"], [[files, peak] for files, peak in peaks.items()])
    print_result(Result("prepare_memory", many, few, many / few, "MB", "< 1.2", many / few < 1.2))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description="From FITS files to a feature set")
    parser.add_argument("--quick", action="store_true", help="fewer files, one minute")
    parser.add_argument("--once", nargs=2, metavar=("FILES", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        ours(Path(options.once[0]), Path(options.once[1]))
        return
    print(machine())
    measure_speed(2_000 if options.quick else 20_000)
    measure_memory(2_000)


if __name__ == "__main__":
    main()
