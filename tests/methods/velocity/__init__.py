"""Radial velocities, two components, redshifts, and the network of line boxes."""
