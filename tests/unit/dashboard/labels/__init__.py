"""Tests of label sets."""
