"""Trainings through the DEEPaaS API: each in a process of its own, its record on disk."""
