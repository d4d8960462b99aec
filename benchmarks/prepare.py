"""From FITS files to a feature set, against the straightforward way: `python -m benchmarks.prepare`.

Files are the LAMOST low-resolution images and the STELIB spectra of the data folder (HUGGINS_DATA, else
shared/data beside the project), repeated; the feature set is the Hα window (6519–6732 Å in vacuum, 140
points).

What must be done and what the machine can: a file of this mix has 39 kB as stored and 64 kB unpacked. To
read, hash and gunzip it takes 15 + 30 + 100 µs of one core of the Xeon (2 cores, SHA extensions, igzip) that
this was written on, so two cores cannot pass some 14,000 files/s; the third line of the table measures that
floor anew. On top come recognising and parsing (130 µs), cut-out and resampling (6 µs), writing and
collecting (20 µs).

Claims
------
prepare
    Files per second of `spectra.prepare` with two processes against one process that opens each file with
    `astropy.io.fits`, interpolates with `numpy.interp` and collects the rows. Medians of alternating rounds.
prepare_equal
    Largest relative difference of the two matrices.
prepare_memory
    Peak memory (sum of all processes' high-water marks) at ten times the files.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.io import fits
from isal import isal_zlib

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
    """Do it as one would in a notebook: file by file."""
    rows = []
    for path in sorted(folder.iterdir()):
        with fits.open(path) as file:
            header, data = file[0].header, file[0].data
            if data.ndim == 2:
                flux = data[0]
                wavelength = 10.0 ** (header["COEFF0"] + header["COEFF1"] * np.arange(len(flux)))
            else:
                flux = data
                step = header["CDELT1"] if "CDELT1" in header else header["CD1_1"]
                first = header["CRVAL1"] + (1.0 - header.get("CRPIX1", 1.0)) * step
                wavelength = air_to_vacuum(first + step * np.arange(len(flux)))
        rows.append(np.interp(GRID, wavelength, flux).astype(np.float32))
    return np.array(rows)


def ours(folder: Path, out: Path) -> None:
    """Do it with `spectra.prepare`."""
    prepare(folder, Recipe.from_json(RECIPE), out / "features.parquet", workers=WORKERS)


def floor(folder: Path) -> None:
    """Do only what cannot be left out of any preparation that records what it read: read, gunzip, hash."""
    for path in sorted(folder.iterdir()):
        stored = path.read_bytes()
        hashlib.sha256(stored).digest()
        if stored[:2] == b"\x1f\x8b":
            isal_zlib.decompress(stored, 31)


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def measure_speed(count: int) -> None:
    """Measure the claims `prepare` and `prepare_equal`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "files"), Path(scratch, "out")
        folder.mkdir()
        repeat_files(folder, count)
        straightforward(folder)  # once for the page cache and the imports
        peer_times, our_times, floors = [], [], []
        for _ in range(ROUNDS):
            floors.append(_timed(lambda: floor(folder))[0] / WORKERS)
            our_times.append(_timed(lambda: ours(folder, out))[0])
            seconds, expected = _timed(lambda: straightforward(folder))
            peer_times.append(seconds)
        found = FeatureSet.open(out / "features.parquet").matrix()
    ratios = [peer / own for peer, own in zip(peer_times, our_times, strict=True)]
    least = statistics.median(floors)
    own, peer, ratio = statistics.median(our_times), statistics.median(peer_times), statistics.median(ratios)
    print_table(
        ["", "seconds", "files/s"],
        [
            [f"spectra.prepare, {WORKERS} processes", own, count / own],
            ["astropy + numpy.interp, 1 process", peer, count / peer],
            [f"reading, gunzip and SHA-256 alone, {WORKERS} cores", least, count / least],
        ],
    )
    print(f"rounds: {', '.join(f'{value:.1f}×' for value in ratios)} over {count} files")
    print_result(Result("prepare", count / own, count / peer, ratio, "files/s", "≥ 12", ratio >= 12.0))
    difference = _difference(found, np.asarray(expected))
    print_result(
        Result("prepare_equal", difference, 0.0, difference, "relative", "≤ 1e-6", difference <= 1e-6)
    )


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


def peak_memory(command: list[str]) -> float:
    """Run a command; return the sum of the high-water marks of all its processes, MB."""
    marks: dict[int, float] = {}
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            for pid in _tree(process.pid):
                # A mark only rises, but for a child that becomes another program: the last one is its own.
                marks[pid] = _high_water(pid) or marks.get(pid, 0.0)
            time.sleep(0.01)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with code {process.returncode}")
    return sum(marks.values())


def _tree(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *(below for child in text.split() for below in _tree(int(child)))]


def _high_water(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM")), 0.0)


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
