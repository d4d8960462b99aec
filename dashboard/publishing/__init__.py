"""Publishing of modules: from an idea to a module on the market.

``scaffold``  writes the folder of a new module
``source``    where a module to check or publish comes from: a folder, a git repository, an image
``check``     what is wrong with a module, as findings that say how to mend it
``finding``   `Finding` and `Report`: what checks answer; data until a person reads them. Start here
"""
