"""The web application: pages, JSON API, jobs and their supervisor, data, nodes, and the command line.

May import `catalog`, `launchers`, `deploy`, `spectra`. Start reading at `application.py`.
"""
