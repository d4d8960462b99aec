"""Building, checking and publishing images, and setting up a machine that can do it.

What lives here
    ``machine.sh``, ``machine/``  what a bare Debian 12 needs to build, run and test everything (see its head)
    ``base/``                     the image that every module's image starts from
    ``requirements``              third-party requirements out of ``pyproject.toml`` (there is no second list)
    ``context``                   the files that a build sees
    ``builder``                   one call of ``docker build`` with BuildKit, and the certificates it may need
    ``images``                    base and module images: build, push, digest; ``python -m ci.images``

What may be imported: nothing of ours. Start reading at ``images``.
"""
