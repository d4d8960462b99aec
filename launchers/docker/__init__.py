"""A Docker engine, on this host or another one.

Start reading at `launcher`, which runs `launches` in threads. `create` makes hardened containers, which
`container` describes; `connection` is the way to the engine and `options` what can be set of it. For engines
on other hosts, `files` copies mounts there and `results` fetches what was written, both by `archive`.
`images` pulls and loads images, `gpus` assigns graphics processors.
"""
