"""Processes that read files of others: without network, and with nothing of the disk but their input.

Start reading at ``reader``; ``network`` closes the network inside of Python, ``system_calls`` (seccomp) and
``landlock`` let the kernel deny what code in C asks for. What the kernel lacks is left out and reported:
`docs/security.md` says what then remains.
"""
