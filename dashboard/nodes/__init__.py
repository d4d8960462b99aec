"""Nodes: where containers run, how they are, what is free there."""
