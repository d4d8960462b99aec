"""Nodes: where containers run, their health, and what is free there.

Start reading at `registry`: it holds a `node_state` per node, probes it, and answers with `node`. `store`
keeps nodes made on the page, `administration` changes them as `form` describes. `launcher_factory` creates
launchers, `timeouts` limits their calls, and `ranking` orders the nodes that fit a job.
"""
