#!/bin/sh
#SBATCH --job-name={{ name }}
#SBATCH --cpus-per-task={{ cpus }}
#SBATCH --mem={{ memory_mb }}M
#SBATCH --time={{ minutes }}
{% if gpus %}#SBATCH --gres=gpu:{{ gpus }}
{% endif %}#SBATCH --no-requeue
#SBATCH --output=%x-%j.log
# Beforehand, on the login node:
{% if engine == "apptainer" %}#   apptainer pull {% if plain %}--no-https {% endif %}{{ name }}.sif docker://{{ image }}
{% if not in_registry %}# (No registry has this image: bring it by docker save and apptainer build {{ name }}.sif docker-archive:FILE.)
{% endif %}{% else %}#   udocker pull {{ pulled }} && udocker create --name={{ name }} {{ tag }}
{% if not in_registry %}# (No registry has this image: bring it by docker save and udocker load in place of udocker pull.)
{% endif %}#   udocker setup --execmode=R1 {{ name }}
{% endif %}#   mkdir -p job/in && cp -r my-spectra job/in/data
{% if spectra %}# my-spectra: the files of {{ spectra }}
{% endif %}{% if labels %}# my-spectra/labels.csv says what they are: path,label
{% endif %}cat >job/job.json <<'JSON'
{{ job }}
JSON
{% if engine == "apptainer" %}mkdir -p work
apptainer --quiet exec --containall --cleanenv --no-home --no-privs --no-eval{% if gpus %} --nv{% endif %} \
    --workdir "$PWD/work" --pwd /job --mount "type=bind,source=$PWD/job,destination=/job" \
    {{ name }}.sif python -m deepaas_plugins.batch
{% else %}{% if gpus %}udocker setup --nvidia --force {{ name }}
{% endif %}udocker run -v "$PWD/job:/job" -w /job {{ name }} python -m deepaas_plugins.batch
{% endif %}
# {{ "udocker loses the exit code; this" if engine == "udocker" else "This" }} file is the authority.
grep -q '"outcome": "completed"' job/out/exit.json || { cat job/out/exit.json; exit 1; }
