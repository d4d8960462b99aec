"""Nodes: where containers run, their health, and what is free there.

Start reading at `registry`: it probes the nodes and follows their changes. `table` holds a `node_state` per
node, looks it up as `node`, and chooses one for a job. `store` keeps nodes made on the page, `administration`
changes them as `form` describes. `launcher_factory` creates launchers, `timeouts` limits their calls, and
`ranking` orders the nodes that fit a job.
"""
