"""The self-organising map: orders spectra on a plane by similarity.

What it does. A map is a sheet of cells, each with a prototype, a spectrum of its own. Training moves the
prototypes until every spectrum has one close to it and neighbouring cells have similar prototypes. What comes
out shows groups (valleys of the U-matrix), gradients (component planes) and what belongs nowhere (spectra far
from all prototypes). No labels are needed; where there are some, the map shows how well they go with the
shapes of the spectra.

The batch rule (`map.batch_rule`). In an epoch every spectrum x is given to the cell c(x) whose prototype is
nearest, its best matching unit; then all prototypes move at once to the mean of all spectra, each weighted by
how far its cell reaches to the prototype's::

    w_j = Σ_x h(j, c(x)) x / Σ_x h(j, c(x)) = Σ_i h_ji S_i / Σ_i h_ji c_i

with S_i the sum of the spectra of cell i and c_i their number (Kohonen 2013). The
radius of the neighbourhood h shrinks from half the map to about a cell. Written so, an epoch is one product
of matrices for the nearest cells (`map.matching`), one sparse product for the sums, one small product for the
neighbourhood. Nothing depends on the order of the spectra, chunks of them can be streamed from a file of any
length, and there is no learning rate to get wrong. (A learning rate below 1 goes only part of the way, as in
MiniSom; MiniSom's own training, one spectrum after the other, is there too: `map.minisom_map`.)

How good a map is (`map.measures`): quantisation error, the mean distance to the nearest prototype;
topographic error, the share of spectra whose two nearest cells are not neighbours (Kiviluoto 1996); class
purity.

Sources
-------
Kohonen T. 2013, "Essentials of the self-organizing map", Neural Networks 37, 52: the batch rule. Ultsch A.,
Siemon H. P. 1990, "Kohonen's self organizing feature maps for exploratory data analysis", Proc. INNC'90, 305:
the U-matrix. Kiviluoto K. 1996, "Topology preservation in self-organizing maps", Proc. ICNN'96, 1, 294: the
topographic error. Vesanto J., Himberg J., Alhoniemi E., Parhankangas J. 2000, "SOM Toolbox for Matlab 5":
start and size of the map. Vettigli G. 2018, "MiniSom", github.com/JustGlowing/minisom: the measures and the
training that ours is compared with.

Where to start reading: `method`, then `training`, `fitting`, `map.batch_rule`. `model` is the trained map,
`report` and `prediction_report` are what people see of a training and of a prediction. `map` is the map
itself (grid, rule, start, measures): it needs NumPy and SciPy alone, and the rows of a feature set.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.som.method import SelfOrganisingMap

plugin = _plugin(SelfOrganisingMap)
