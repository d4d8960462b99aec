"""Start, watch, stop and find a container on a node, behind one protocol.

Imports `jobfolder` and nothing else of Huggins. Start reading at `base`: the protocol, its types and errors.

===============  =======================================================================================
`base`           the protocol `Launcher`, its answers (`Status`, `NodeHealth`) and errors
`spec`           what a launcher may be asked for (`LaunchSpec`): no raw flags of an engine
`outcome`        how a launch ended: `Cause` and fields, and the sentence that is made from them
`options`        how a launcher describes what can be set of it
`registry`       the kinds with their options; `registry.create`, and `registry.choose` for this machine
`fake`           a node in memory, for tests of code that launches
`image_archive`  archives of ``docker save``, which several launchers take
`local`          kind ``process``: supervised processes of this machine, and what udocker shares with it
`docker`         kind ``docker``: a Docker engine on this host or another one
`udocker`        kind ``udocker``: the same images without Docker and without root, here or over SSH
`slurm`          kind ``slurm``: the same images as jobs of a cluster, as an ordinary user
`apptainer`      what ``slurm`` uses in udocker's place where it is set so
`remote`         what launchers on other machines share: SSH, the agent there, files, images, tunnels
===============  =======================================================================================

The layers, from the top: ``registry``; ``slurm``; ``udocker``; ``docker``, ``apptainer`` and ``fake``;
``remote``; ``local``; ``options`` and ``image_archive``; ``base``; ``outcome`` and ``spec``.
"""

from launchers.base import (
    Cause,
    Handle,
    ImageMissing,
    Launcher,
    LaunchError,
    LaunchSpec,
    Mount,
    NodeDown,
    NodeHealth,
    State,
    Status,
)

__all__ = [
    "Cause",
    "Handle",
    "ImageMissing",
    "LaunchError",
    "LaunchSpec",
    "Launcher",
    "Mount",
    "NodeDown",
    "NodeHealth",
    "State",
    "Status",
]
