"""The files that are damaged: some of every folder and kind of the real spectra."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

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


def damages(data: Path, count: int) -> list[tuple[Path, int]]:
    """Return `count` pairs of file and seed, and those of `FINDS`."""
    files = corpus(data)
    found = [(data / name, seed) for name, seed in FINDS]
    return found + [(files[seed % len(files)], seed) for seed in range(count)]


def write(folder: Path, cases: list[tuple[Path, int]]) -> list[str]:
    """Write damaged files; return their names, which begin with the seed."""
    names = []
    for file, seed in cases:
        names.append(f"{seed}-{file.name}")
        (folder / names[-1]).write_bytes(damaged(file.read_bytes(), seed))
    return names
