"""What is mounted into the containers of third-party DEEPaaS modules, whose images stay as they are.

An image of AI4EOSC has a module under the entry point ``deepaas.v2.model``, upstream's ``deepaas``, and
nothing of this project. This folder is mounted read-only at `mounting.TARGET` and run by the image's own
Python: it describes the module, trains it as a job, and starts upstream's server with a trained model's
files. It imports nothing but the standard library and, inside functions, what the image has (marshmallow,
deepaas); it is written for Python 3.7 and newer.

Start reading at `mounting`, which says how a launch names it, and `__main__`.

==================  ==========================================================================
`mounting`          the mount and the command of a launch (the platform's side)
`module_object`     which installed module is meant, and its DEEPaaS V2 object
`field_description` arguments as the descriptions of contracts.md, section 5
`training`          ``train`` as a job in its job folder
`serving`           a model's files put back, then ``deepaas-run``
==================  ==========================================================================
"""
