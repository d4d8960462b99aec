"""Embedding: spectra as points of a plane, and the search for similar ones; unsupervised.

Start reading at `method.py`, then `training.py`. `space` is where distances are measured; `layouts` makes
planes of it (PCA, UMAP, t-SNE, the autoencoder's latent space), `placement` puts spectra into planes that
have no formula, `references` finds the training spectra nearest to one. `quality` measures: precision among
neighbours against chance, what a plane keeps of the neighbours, and what stays the same from seed to seed.

Sources
-------
McInnes L., Healy J., Melville J. 2018, arXiv:1802.03426: UMAP. van der Maaten L., Hinton G. 2008, JMLR 9,
2579: t-SNE. Gower J. C. 1975, Psychometrika 40, 33: Procrustes analysis.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.embedding.method import Embedding

plugin = _plugin(Embedding)
