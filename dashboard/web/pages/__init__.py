"""Handlers: one file for each family of pages, one folder where a family has several files.

Each file has a table of endpoints that `dashboard.web.app.application` registers. Start at `models.py`.
"""
