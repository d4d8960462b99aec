"""NumPy archives without pickle, checked before anything is allocated."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_BYTES = 4 << 30
"""Largest sum of the arrays of one archive; what is larger is not a model or a table that fits in memory."""


def pack_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays as an archive of NumPy.

    Parameters
    ----------
    arrays : mapping
        Name to array, of any shape.

    Returns
    -------
    bytes
        The ``.npz`` archive, not compressed.
    """
    buffer = io.BytesIO()
    # numpy's stubs take keyword arrays for allow_pickle; names never collide with it here.
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack_arrays(
    source: Path | bytes, names: Iterable[str] | None = None, *, most_bytes: int = MOST_BYTES
) -> dict[str, npt.NDArray[Any]]:
    """Read arrays of an untrusted `.npz` archive.

    Parameters
    ----------
    source
        A file or its bytes.
    names
        Only these, where present; all by default.
    most_bytes
        Limit of the sum of their sizes.

    Raises
    ------
    ValueError
        It is no such archive, holds Python objects, is too large, or promises more than it holds.
    """
    wanted = None if names is None else set(names)
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            members = [m for m in archive.infolist() if m.filename.endswith(".npy")]
            members = [m for m in members if wanted is None or m.filename[:-4] in wanted]
            total = sum(member.file_size for member in members)
            if total > most_bytes:
                raise ValueError(f"its arrays take {total} bytes, at most {most_bytes} are read")
            return {member.filename[:-4]: _read_member(archive, member) for member in members}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(f"it is not a readable NumPy archive: {error}") from error


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    name = member.filename[:-4]
    with archive.open(member) as stream:
        version = np.lib.format.read_magic(stream)
        read_header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read_header(stream)
        held = member.file_size - stream.tell()
    if dtype.hasobject:
        raise ValueError(f"its array {name} holds Python objects, which are never read")
    promised = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if promised > held:
        raise ValueError(f"its array {name} promises {promised} bytes, but the file has {held}")
    with archive.open(member) as stream:
        array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
