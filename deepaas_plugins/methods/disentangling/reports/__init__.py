"""The report of a training: components, velocities, residuals, χ², what is not determined.

Start reading at `report`.
"""
