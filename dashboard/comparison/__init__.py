"""Runs side by side: what differs in how they were made, how good they are, and where they disagree.

Start at `service.ComparisonService`. A comparison is made of the rows of jobs and their reports; nothing is
stored, so that its address alone names it.
"""
