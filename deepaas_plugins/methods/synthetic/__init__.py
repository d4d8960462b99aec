"""Synthetic: spectra made by simple models, for training and tests. They are never called anything else.

Start reading at `method.py`, then `making.py`, which draws the `truth` of every spectrum, and observes it:
velocity, resolution, sampling, noise, gaps. The physics is `spectra.simulation`. What is made is written as
files that any recipe reads; the platform makes a dataset of them. `model.py` finds the nearest synthetic
spectrum of a real one.

Sources
-------
Gray D. F. 2005, The Observation and Analysis of Stellar Photospheres: rotation and limb darkening. Huang
S.-S. 1972, ApJ 171, 549: profiles of discs.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.synthetic.method import Synthetic

plugin = _plugin(Synthetic)
