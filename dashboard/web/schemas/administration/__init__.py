"""Schemas of the pages of administration."""
