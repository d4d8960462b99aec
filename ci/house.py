"""Measures the layout of a source tree: ``python -m ci.house [FOLDER …]``.

Prints a table with one column per folder (by default the working directory): modules per folder, lines per
module, import cycles, docstrings. Tests and migrations are not counted. ``--verbose`` names what the numbers
count.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOMS = (
    *("spectra", "jobfolder", "wire", "catalog", "launchers", "deepaas_plugins", "deploy", "dashboard"),
    *("deepaas_entry", "ci", "benchmarks"),
)
#: Folders of programs that are copied into images or run by upstream's server: no packages.
NO_PACKAGES = ("ci/base", "benchmarks/plain_module", "benchmarks/serving/plain_module")
#: What the annotation of an array contains; aliases of arrays end in one of these.
ARRAYS = ("Array", "Floats", "Matrix", "Values", "Indices")
SECTIONS = ("Parameters\n", "Returns\n", "Raises\n", "Yields\n", "Attributes\n")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Tree:
    """A source tree.

    Attributes
    ----------
    folder : Path
        Its root, in which the rooms lie.
    """

    folder: Path

    @cached_property
    def files(self) -> Mapping[str, Path]:
        """The files of all modules by dotted name; a package's name is that of its ``__init__``."""
        found = {}
        for room in ROOMS:
            for path in sorted((self.folder / room).rglob("*.py")):
                parts = path.relative_to(self.folder).with_suffix("").parts
                if "migrations" not in parts and not any("-" in part for part in parts):
                    found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        return found

    @cached_property
    def trees(self) -> Mapping[str, ast.Module]:
        """The syntax trees of all modules."""
        return {name: ast.parse(path.read_text("utf-8")) for name, path in self.files.items()}

    @cached_property
    def modules_per_folder(self) -> Mapping[str, int]:
        """How many modules each folder holds itself, ``__init__`` not counted."""
        counts: dict[str, int] = {}
        for path in self.files.values():
            name = path.parent.relative_to(self.folder).as_posix()
            counts[name] = counts.get(name, 0) + (path.name != "__init__.py")
        return counts

    @cached_property
    def lines(self) -> list[int]:
        """How many lines the modules have; ``__init__`` not counted."""
        paths = (path for path in self.files.values() if path.name != "__init__.py")
        return [len(path.read_text("utf-8").splitlines()) for path in paths]

    @cached_property
    def undescribed_packages(self) -> list[str]:
        """Packages whose ``__init__`` has no docstring, or that have no ``__init__``."""
        folders = {path.parent for path in self.files.values()}
        folders -= {self.folder / name for name in NO_PACKAGES}
        return sorted(
            folder.relative_to(self.folder).as_posix()
            for folder in folders
            if not (folder / "__init__.py").is_file()
            or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")))
        )

    @cached_property
    def imports(self) -> Mapping[str, frozenset[str]]:
        """What each module imports of this tree, those under ``TYPE_CHECKING`` and in functions included."""
        return {name: frozenset(self._imports_of(name)) - {name} for name in self.files}

    def _imports_of(self, name: str) -> Iterator[str]:
        package = name if self.files[name].name == "__init__.py" else name.rpartition(".")[0]
        for node in ast.walk(self.trees[name]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name in self.files)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                for alias in node.names:
                    if f"{base}.{alias.name}" in self.files:
                        yield f"{base}.{alias.name}"
                    elif base in self.files:
                        yield base

    @cached_property
    def cycles(self) -> list[list[str]]:
        """The strongly connected components of more than one module."""
        return strongly_connected(self.imports)

    @cached_property
    def public_functions(self) -> list[tuple[str, Function]]:
        """Functions and methods without leading underscore, of public classes; with their names."""
        found: list[tuple[str, Function]] = []
        for name, tree in self.trees.items():
            found += _public(name, tree)
        return found


def _public(prefix: str, body: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Function]]:
    for node in body.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(f"{prefix}.{node.name}", node)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield f"{prefix}.{node.name}", node


def strongly_connected(graph: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return the strongly connected components of more than one node, each sorted (Tarjan 1972, iterative).

    Parameters
    ----------
    graph : mapping
        Node to the nodes that it points at.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []
    for root in graph:
        work = [] if root in index else [(root, iter(sorted(graph[root])))]
        while work:
            node, targets = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                path.append(node)
            for target in targets:
                if target not in index:
                    work.append((target, iter(sorted(graph.get(target, frozenset())))))
                    break
                if target in path:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = path[path.index(node) :]
                    del path[path.index(node) :]
                    found += [sorted(component)] if len(component) > 1 else []
    return found


def needs_sections(function: Function) -> bool:
    """Return whether a function takes or returns arrays, takes three or more parameters, or raises.

    ``self`` and ``cls`` are not counted. A command of the command line needs no sections: its docstring is
    its help, its options describe themselves. Neither does a method whose docstring refers to that of its
    protocol (``See `Protocol.method`.``).
    """
    if (ast.get_docstring(function) or "").startswith("See `"):
        return False
    if any(isinstance(one, ast.Call) and _ends_in(one.func, "command") for one in function.decorator_list):
        return False
    arguments = function.args
    taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [one.arg for one in taken if one.arg not in {"self", "cls"}]
    hints = [hint for hint in (*(one.annotation for one in taken), function.returns) if hint is not None]
    arrays = any(name in ast.unparse(hint) for hint in hints for name in ARRAYS)
    raises = any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(function))
    return len(names) >= 3 or arrays or raises


def _ends_in(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def has_sections(function: Function) -> bool:
    """Return whether the docstring has a numpydoc section."""
    return any(f"{title}---" in (ast.get_docstring(function) or "") for title in SECTIONS)


def share(part: int, whole: int) -> str:
    """Return a percentage."""
    return f"{100 * part / max(whole, 1):.0f} %"


def figures(tree: Tree) -> dict[str, str]:
    """Return what the table shows of a tree, by the rows' names."""
    functions = [function for _, function in tree.public_functions]
    demanding = [function for function in functions if needs_sections(function)]
    most = max(tree.modules_per_folder, key=lambda name: tree.modules_per_folder[name])
    return {
        "modules": str(len(tree.lines)),
        "folders": str(len(tree.modules_per_folder)),
        "modules in the biggest folder": f"{tree.modules_per_folder[most]} ({most})",
        "folders of more than 15 modules": str(sum(n > 15 for n in tree.modules_per_folder.values())),
        "packages without a docstring": str(len(tree.undescribed_packages)),
        "median lines of a module": f"{statistics.median(tree.lines):.0f}",
        "most lines of a module": str(max(tree.lines)),
        "import cycles, TYPE_CHECKING included": str(len(tree.cycles)),
        "public functions": str(len(functions)),
        "with a docstring": share(sum(bool(ast.get_docstring(f)) for f in functions), len(functions)),
        "with numpydoc sections": share(sum(map(has_sections, functions)), len(functions)),
        "with numpydoc sections, of those that take three parameters or arrays, or raise": share(
            sum(map(has_sections, demanding)), len(demanding)
        ),
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.house", description="Measures the layout of source trees."
    )
    parser.add_argument("folders", nargs="*", type=Path, default=[Path()], metavar="FOLDER")
    parser.add_argument(
        "--verbose", action="store_true", help="name the cycles and the functions without sections"
    )
    given = parser.parse_args()
    trees = [Tree(folder.resolve()) for folder in given.folders]
    columns = [figures(tree) for tree in trees]
    print("| | " + " | ".join(str(folder) for folder in given.folders) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row in columns[0]:
        print(f"| {row} | " + " | ".join(column[row] for column in columns) + " |")
    for tree in trees if given.verbose else ():
        print(f"\n{tree.folder}")
        for cycle in tree.cycles:
            print("cycle:", ", ".join(cycle))
        for name, function in tree.public_functions:
            if needs_sections(function) and not has_sections(function):
                print("no sections:", name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
