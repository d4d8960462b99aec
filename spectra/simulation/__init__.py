"""Simulated observations of known systems for demonstrations and tests; never called anything else."""
