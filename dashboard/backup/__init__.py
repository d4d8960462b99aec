"""Backup of a platform while it runs, restoring it elsewhere, and checking what lies on the disk.

A backup is one tar file: ``database/TABLE.jsonl`` for each table as it was at one moment, the files of
``data``, ``models`` and ``jobs``, and ``manifest.json`` at its end. Rows are JSON, so that SQLite and
PostgreSQL can restore each other's. Start reading at `writer`, `restore` and `check`; `rows` knows the
tables, `manifest` what a backup says of itself.
"""
