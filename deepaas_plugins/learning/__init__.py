"""One round of active learning, run in a module's container: train, predict the pool, select what to label.

It knows no single method: any method whose models give probabilities of classes can run a round. The pool is
read in blocks, so its size is limited by the disk alone. Start reading at ``round``; then

``settings``      what ``job.json`` asks of a round
``label_rows``    the labels of a round, ``in/labels.csv``, and the rows of the pool that they belong to
``training_set``  the labelled rows as the feature set that the method learns from
``pool``          the pass over the pool: what is kept of millions of predictions
``top_rows``      the rows with the highest scores, in bounded memory; with random scores: a random sample
``strategies``    how uncertain a prediction is
``choice``        the batch and the samples
``diverse``       a batch that differs in itself: k-means++ and core-set
``committee``     models of resampled training sets, whose disagreement is a score
``unusual``       what is set aside before a person sees it, by principal axes
``unusual_map``   the same by a self-organising map
``selection``     the round's result: ``out/selection.json``, the candidates, the report
"""
