"""The web application: pages, JSON API, jobs and their supervisor, data, models, nodes.

Layers, each may import those below it (a contract in ``pyproject.toml`` holds them):

- `cli`: the command line; `web`: pages and JSON API; `platform`: composes the services below.
- `deployments`: deployments of models; `notifications` and `reports`: what follows from jobs.
- `jobs`: requests, their supervision, their results.
- `data`, `models`, `modules`: what jobs work on; `nodes`: where they run.
- `auth` and `home`: who acts, and where the platform's files are.
- `settings`, `database`, `base`: what every layer uses.

May import `catalog`, `launchers`, `deploy`, `spectra`, `jobfolder`; never runs a method itself. Start
reading at `platform.py`; the design is in ``docs/dashboard.md``.
"""
