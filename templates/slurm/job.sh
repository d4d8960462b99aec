#!/bin/sh
#SBATCH --job-name={{ name }}
#SBATCH --comment={{ owner }}:{{ name }}
#SBATCH --no-requeue
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{ cpus }}
#SBATCH --mem={{ memory_mb }}M
{% if minutes %}#SBATCH --time={{ minutes }}
{% endif %}{% if gpus %}#SBATCH --gres=gpu:{{ gpus }}
{% endif %}{% if parts > 1 %}#SBATCH --array=0-{{ parts - 1 }}
{% endif %}{% if partition %}#SBATCH --partition={{ partition }}
{% endif %}{% if account %}#SBATCH --account={{ account }}
{% endif %}{% if qos %}#SBATCH --qos={{ qos }}
{% endif %}#SBATCH --export=NIL
#SBATCH --open-mode=append
# The shell makes way for the runner, so that a signal to the batch step is a signal to it.
PYTHONPATH={{ program|quote }} exec {{ python|quote }} -s -m launchers.slurm.job {{ folder|quote }}
