"""The web application: pages, JSON API, jobs and their supervisor, data, models, nodes.

Layers, each may use those above it: `settings`, `identity`, `errors` · `database` · the services `jobs`,
`data`, `modules`, `models`, `nodes`, `live` (no HTTP) · `platform` · `web` · `cli`. May import `catalog`,
`launchers`, `deploy`, `spectra`; never runs a method itself. Start reading at `platform.py`; the design is in
``docs/dashboard.md``.
"""
