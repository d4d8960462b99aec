"""The files as files: size, links, secrets, pickles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from dashboard.publishing.check.secrets import FILES, found_in
from dashboard.publishing.finding import Finding, error, warning
from dashboard.publishing.source.tree import FILES_AT_MOST, SourceTree

LARGEST_MB, ALTOGETHER_MB = 50, 500
PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".h5"})
#: A file that may hold anything; a model in it is read without pickle only by a library that knows how.
SAYS_NOTHING = frozenset({".h5"})


def check(tree: SourceTree) -> Iterator[Finding]:
    """Yield what is wrong with the files of a module."""
    if tree.too_many:
        what = f"There are more than {FILES_AT_MOST} files."
        yield error("files.many", ".", what, "Leave out data and environments; weights belong to a release.")
    total = sum(tree.sizes.values()) / 1e6
    if total > ALTOGETHER_MB:
        what = f"The files have {total:.0f} MB; {ALTOGETHER_MB} MB are taken."
        yield error("files.large", ".", what, "Download large weights while the image is built.")
    for path, size in tree.sizes.items():
        yield from _one(tree, path, size)
    for path in tree.links:
        what = "It is a symbolic link, which may lead out of the folder: it is not built."
        yield error("files.link", path, what, "Put the file itself there.")


def _one(tree: SourceTree, path: str, size: int) -> Iterator[Finding]:
    suffix = PurePosixPath(path).suffix
    if size > LARGEST_MB * 1e6:
        what = f"It has {size / 1e6:.0f} MB; {LARGEST_MB} MB are taken."
        yield error("files.large", path, what, "Download it while the image is built, with its hash checked.")
    if suffix in PICKLES - SAYS_NOTHING:
        what = "It is a pickle: loading it runs the code in it."
        mend = "Store weights as npz, skops, safetensors, .keras or ONNX, and load them so."
        yield error("files.pickle", path, what, mend)
    if FILES.search(path):
        mend = "Remove it, also from the history of the repository, and change the secret."
        yield error("files.secret", path, "Such a file holds secrets.", mend)
        return
    text = tree.text(path) if size else None
    for line, what in found_in(text or ""):
        told = f"Here stands what looks like {what}."
        mend = "Remove it, also from the history of the repository, and change the secret."
        yield error("files.secret", f"{path}:{line}", told, mend)
    if path.endswith((".yaml", ".yml", ".md", ".py")) and text and "\r\n" in text[:4096]:
        yield warning("files.line-ends", path, "Lines end with CR LF.", "Store it with LF.")
