"""Datasets of datasets: subsets, training and test parts by object, unions, and files that several have.

They refer to the same files, and take no space. Start reading at `service`.
"""
