"""What runs inside a module's container: the methods, the plugin contract, the batch entry, serving.

Imports `spectra`, `jobfolder` and `wire` only. A package imports those below it, never those above:

``batch``, ``describe``  the two commands of an image: run a job folder; print what a module takes
``serve``                the serving runtime: the DEEPaaS V2 API over HTTP
``job``                  one attempt of a job folder: claimed, executed, watched, its outcome recorded
``learning``             a round of active learning: train, predict the pool, select what to label
``methods``              the methods: ``preprocessing``, ``som``, ``rdf``, ``convolutions``,
                         ``ensemble``, ``parameters``, ``cnn``, ``outliers``,
                         ``embedding``, ``disentangling``, ``lines``, ``synthetic``,
                         ``velocity``
``deepaas``              a method as a DEEPaaS V2 object, and its fields
``pipeline``             what happens around every method: preparation, training, prediction, tables, reports
``contract``             what a method is and what it may use

Start reading at ``contract.method``, then follow a training: ``batch``, ``job.execution``, ``job.train``,
``pipeline.training``, ``methods.rdf.method``.
"""
