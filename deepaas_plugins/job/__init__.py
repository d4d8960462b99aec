"""One run of a job folder.

Claimed, executed, watched, and its outcome recorded. Start reading at ``execution``.
"""
