"""Tests of trainings of self-organising maps."""
