"""The order of nodes that fit a job, and the errors when none fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dashboard.base.errors import FieldError
from dashboard.base.resources import Resources
from dashboard.nodes.node import NO_ISOLATION, Node, Shortage

ANY = "any"


def preference(node: Node, needs: Resources, image: str = "") -> tuple[bool, float, bool, float, float]:
    """Return a sort key that puts the best node first.

    The order of the criteria: there is room now; GPUs are left to jobs that need them; the image is there (to
    fetch one may take longer than the job); the most processors, then the most memory remain.

    Parameters
    ----------
    node : Node
        The node.
    needs : Resources
        What the job needs.
    image : str
        Its image by digest; empty: not known.

    Returns
    -------
    tuple
        The less, the better.
    """
    left_cpus = node.cpus - node.used_cpus - needs.cpus
    left_memory = node.memory_mb - node.used_memory_mb - needs.memory_mb
    spared = 0.0 if needs.gpus else float(node.gpus - node.used_gpus)
    known = bool(image) and image in node.images
    return (not node.has_room(needs), spared, not known, -left_cpus, -left_memory)


def no_node_fits(asked: str, nodes: Sequence[Node], needs: Resources) -> list[FieldError]:
    """Return why no node can ever run a job, by field of the form.

    A requirement that no node meets is an error of its field, with the best that a node has. Where each is
    met by some node, but all by none, the error is one of the field ``node``.

    Parameters
    ----------
    asked : str
        Name of the only node, or ``any``.
    nodes : sequence of Node
        The nodes that the job may use.
    needs : Resources
        What the job needs.

    Returns
    -------
    list of FieldError
        Empty if a node can run it.
    """
    if not nodes:
        return [FieldError("node", "No node is set up.")]
    short = {node.name: node.shortages(needs) for node in nodes}
    if not all(short.values()):
        return []
    if asked != ANY:
        return [FieldError(_field(name), _said(name, [one], asked)) for name, one in short[asked].items()]
    everywhere = set.intersection(*(set(lacks) for lacks in short.values()))
    if not everywhere:
        why = "; ".join(f"{name} {', '.join(map(str, lacks.values()))}" for name, lacks in short.items())
        return [FieldError("node", f"No node has all of it: {why}.")]
    return [
        FieldError(_field(name), _said(name, [short[node][name] for node in short], "", short))
        for name in sorted(everywhere)
    ]


def _field(name: str) -> str:
    """Return the field of the form that a shortage is about: a person chooses the node, not its isolation."""
    return "node" if name == "isolated" else f"resources.{name}"


def _said(
    name: str, shortages: Iterable[Shortage], node: str, by_node: Mapping[str, Mapping[str, Shortage]] = {}
) -> str:
    found = list(shortages)
    if name == "isolated":
        where = f"{node} {NO_ISOLATION}" if node else "every node here is without isolation"
        return (
            f"The module is not the platform's own, and {where}: what runs there can read all of the "
            "platform. Choose a node with containers (docker, udocker or slurm)."
        )
    if name == "labels":
        missing = sorted({label for one in found for label in one.labels})
        where = f"{node} has not" if node else "no node has"
        return f"Needs the label {' and '.join(missing)}; {where}."
    asked = amount(name, found[0].asked)
    most = max(found, key=lambda one: one.most)
    if node:
        return f"Needs {asked}; {node} has {amount(name, most.most)}."
    best = next(called for called, lacks in by_node.items() if lacks[name] == most)
    return f"Needs {asked}; the largest node, {best}, has {amount(name, most.most)}."


def amount(name: str, value: float) -> str:
    """Return an amount of a resource with its unit."""
    if name == "memory_mb" and value >= 1000:
        return f"{value / 1000:.3g} GB"
    units = {"cpus": "processors", "memory_mb": "MB", "gpus": "GPUs", "walltime_s": "s"}
    return f"{value:g} {units[name]}"
