"""What people read: README, licence, citation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from catalog import Module
from dashboard.publishing.finding import Finding, error, warning
from dashboard.publishing.source.tree import SourceTree

LICENCES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING")
_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^\s,{}]+)\s*,")


def check(tree: SourceTree, module: Module) -> Iterator[Finding]:
    """Yield what is missing for people who find the module, may they use it, and how they cite it.

    Parameters
    ----------
    tree : SourceTree
        The folder.
    module : Module
        What it describes.

    Yields
    ------
    Finding
        Of README, licence and citation.
    """
    if tree.first("README.md") is None:
        yield error(
            "readme.missing",
            "README.md",
            "There is no README.md.",
            "Write one: what it does, its parameters, how it is run.",
        )
    yield from _licence(tree, module)
    yield from _citation(tree, module)


def _licence(tree: SourceTree, module: Module) -> Iterator[Finding]:
    where = "module.yaml: license"
    if tree.first(*LICENCES) is None:
        mend = "Add the licence's text as LICENSE: without it nobody may use the module."
        yield error("licence.missing", "LICENSE", "There is no file with the licence.", mend)
    if not module.license:
        mend = "Name it by its SPDX identifier, such as Apache-2.0 or MIT."
        yield error("licence.unnamed", where, "The description names no licence.", mend)
        return
    try:
        canonicalize_license_expression(module.license)
    except InvalidLicenseExpression:
        what = f"{module.license!r} is no SPDX identifier of a licence."
        yield error("licence.unknown", where, what, "Name it as SPDX does, such as Apache-2.0 or MIT.")


def _citation(tree: SourceTree, module: Module) -> Iterator[Finding]:
    text, where = module.citation, "module.yaml: huggins.citation"
    if not text:
        if tree.first("CITATION.cff") is None and "citation" not in module.links:
            mend = "Give BibTeX under huggins.citation, a link under links.citation, or a CITATION.cff."
            yield warning("citation.missing", where, "Nobody can tell how to cite it.", mend)
        return
    if not _ENTRY.search(text) or text.count("{") != text.count("}"):
        mend = "Write entries such as @article{key, author = {…}, title = {…}, year = {…}}."
        yield error("citation.invalid", where, "It is no BibTeX: an entry or a brace is missing.", mend)
