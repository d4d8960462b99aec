"""A Docker engine, on this host or another one (SSH, TLS).

Start reading at ``launcher``. ``connection`` reaches the engine, ``create`` and ``container`` harden what
runs,
``images`` brings images, ``launches`` observes; ``files``, ``results`` and ``archive`` copy to and from an
engine on
another host; ``gpus`` assigns GPUs.
"""
