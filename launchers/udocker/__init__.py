"""Container images without Docker and without root, by udocker.

Start reading at `launcher`. `store` holds images and containers, `modes` finds the execution mode that works
on a machine, `runc_shim` is what udocker calls as its runc. `remote` uses udocker on another host, where
`agent` runs.
"""
