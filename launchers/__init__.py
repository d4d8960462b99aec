"""Start, watch, stop and find a container on a node, behind one protocol. Imports nothing else of Huggins.

What lives here
    ``base``            the protocol, its answers and errors: start reading here
    ``spec``            what a launcher may be asked for
    ``registry``        the kinds: `registry.create`, and `registry.choose` for this machine's best
    ``process``         no container: a supervised process of this interpreter; the embedded default
    ``docker``          a Docker engine, here or elsewhere (``docker_connection``, ``tunnel``: the way;
                        ``docker_making``, ``docker_container``: hardened how; ``docker_images``;
                        ``docker_launches``; of engines elsewhere ``docker_files``, ``docker_results``,
                        ``docker_archive``; ``docker_gpus``: who has which)
    ``udocker``         the same images where there is neither Docker nor root (``udocker_store``: its images;
                        ``udocker_engine``: which mode works; ``engine_shim``: what it calls as its runc).
                        ``udocker_remote``: on another host, where ``udocker_agent`` runs
    ``fake``            a node in memory, for tests of whatever launches
    ``slurm``           the same images on a cluster, as an ordinary user (``slurm_script``: the job). What
                        runs there: ``slurm_agent`` on the login node (``slurm_launches``, ``slurm_commands``,
                        ``slurm_words``; ``slurm_judgement``: how a launch stands; ``slurm_array``: in parts),
                        ``slurm_job`` on the others. ``apptainer``, ``apptainer_store``: in udocker's place
    ``agent``           what our programs on other machines have in common; ``agent_connection``, ``framing``:
                        how they are asked; ``agent_files``, ``agent_images``: what is copied; ``ssh``: how;
                        ``agent_launcher``: who asks; ``records``: where results belong; ``once``
    ``supervisor``      the small program that ``process`` and ``udocker`` leave beside each command: it
                        outlives the platform, keeps limits and logs, and writes down how the command ended
    ``supervised``      what those two share; ``launch_folder``, ``lock``: how they know who lives;
                        ``gpus``: who has which
    ``outcome``         the sentences in which an end is told; ``environment``, ``output``: what surrounds it
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
