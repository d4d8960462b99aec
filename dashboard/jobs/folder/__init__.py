"""The platform's side of the job folder.

Written before an attempt, followed while it runs, read afterwards.
"""
