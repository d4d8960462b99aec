"""Orbits: elements, Kepler's equation, radial velocities of the components of single, double, triple systems.

Start reading at `elements`, then `velocities`.
"""
