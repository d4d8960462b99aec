"""Jobs: what people asked to be run, and what makes it happen.

`job.py` is the vocabulary · `store.py` all SQL · `check.py` whether a wish can be run · `folder.py` and
`results.py` write and read the job folder (contracts.md, sections 6 and 7) · `decision.py` what to do next, a
pure function · `supervisor.py` the loop that does it. Start reading at `decision.py`.
"""
