"""Tests that train the methods' real models and networks, on small synthetic data; they need no component."""
