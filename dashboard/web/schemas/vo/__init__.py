"""Schemas of what pages ask for programs of the Virtual Observatory."""
