"""What a method must be and what it may use: the contract between methods and everything that runs them.

Start reading at ``method``, then ``run``.
"""
