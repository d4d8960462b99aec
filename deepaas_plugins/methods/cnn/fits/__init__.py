"""Fitting a network: its inputs, batches and their augmentation, the course of epochs, and its members.

`fitting` fits the members of one network; `course` holds what is needed to go on after a kill.
"""
