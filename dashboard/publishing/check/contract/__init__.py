"""Checks that run a module in containers. Start reading at `contract.py`.

``bench``     a launcher, an image and a folder: runs a command and waits for its end
``jobs``      job folders, as the platform writes them, and what is left in them
``training``  trains, repeats, cancels and resumes
``answers``   predicts by a job and by the serving runtime
``plain``     the same of a plain DEEPaaS module
``image``     what the engine tells of the image
"""
