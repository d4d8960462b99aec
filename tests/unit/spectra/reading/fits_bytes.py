"""Small FITS files made of cards and arrays by the standard, without astropy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

BLOCK = 2880
BITS = {"f4": -32, "f8": -64, "i2": 16, "i4": 32}
LETTERS = {"f4": "E", "f8": "D", "i4": "J", "i2": "I"}


def card(keyword: str, value: object) -> bytes:
    """Build a card; a pair is a value with its comment."""
    if keyword in {"COMMENT", "HISTORY"}:
        return f"{keyword:<8}{value}".encode().ljust(80)[:80]
    if isinstance(value, tuple):
        return card(keyword, value[0]).rstrip().ljust(30) + f" / {value[1]}".encode().ljust(50)[:50]
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        text = f"'{value:<8}'"
    else:
        text = f"{value!r:>20}"
    return f"{keyword:<8}= {text}".encode().ljust(80)[:80]


def header(cards: Mapping[str, object]) -> bytes:
    raw = b"".join(card(keyword, value) for keyword, value in cards.items()) + b"END".ljust(80)
    return raw.ljust(-(-len(raw) // BLOCK) * BLOCK)


def padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\x00")


def image(pixels: npt.NDArray[np.floating | np.integer], cards: Mapping[str, object] | None = None) -> bytes:
    kind = pixels.dtype.str[1:]
    axes = {f"NAXIS{i + 1}": length for i, length in enumerate(pixels.shape[::-1])}
    structure = {"SIMPLE": True, "BITPIX": BITS[kind], "NAXIS": pixels.ndim, **axes}
    return header({**structure, **(cards or {})}) + padded(pixels.astype(f">{kind}").tobytes())


def table(columns: Mapping[str, npt.NDArray[np.generic]], cards: Mapping[str, object] | None = None) -> bytes:
    """Build a file of one table: one row per element, or a row per array where the columns are 2-D."""
    first = next(iter(columns.values()))
    names: dict[str, object] = {}
    fields = []
    for number, (name, values) in enumerate(columns.items(), start=1):
        kind = values.dtype.str[1:]
        repeat = values.shape[1] if values.ndim == 2 else 1
        names |= {f"TTYPE{number}": name, f"TFORM{number}": f"{repeat}{LETTERS[kind]}"}
        fields.append((name, f">{kind}", (repeat,)) if values.ndim == 2 else (name, f">{kind}"))
    rows = np.zeros(len(first), dtype=fields)
    for name, values in columns.items():
        rows[name] = values
    structure = {
        "XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": rows.dtype.itemsize, "NAXIS2": len(rows),
        "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": len(columns),
    }  # fmt: skip
    primary = {
        key: value for key, value in (cards or {}).items() if key in {"TELESCOP", "DESIG", "RA", "DEC"}
    }
    return header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True, **primary}) + (
        header({**structure, **names, **(cards or {})}) + padded(rows.tobytes())
    )


def lamost(n: int = 100, *, flux: npt.NDArray[np.float32] | None = None, **cards: object) -> bytes:
    """Build a LAMOST image whose third plane is no wavelength, as pipeline v2.6 writes it."""
    planes = np.ones((5, n), dtype=np.float32)
    planes[0] = np.linspace(1.0, 2.0, n) if flux is None else flux
    planes[3:] = 0.0
    known = {"TELESCOP": "LAMOST", "COEFF0": 3.5682, "COEFF1": 0.0001, "CLASS": "STAR", "SUBCLASS": "K5",
             "DESIG": "LAMOST J095249.16+291008.7", "RA": 148.2, "DEC": 29.17}  # fmt: skip
    return image(planes, known | cards)
