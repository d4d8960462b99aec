"""Handlers, one file for each family of pages."""
