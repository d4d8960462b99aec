"""A Slurm cluster, used as an ordinary user: one job, or job array, per launch.

Start reading at `launcher`, which runs on the platform's machine and asks `agent` on the login node. There,
`launches` keeps a folder per launch and submits its `script` by `commands`; `status` and `array` combine what
Slurm reports (`states`) with what the job recorded. `job` runs on the compute node.
"""
