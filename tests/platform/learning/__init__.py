"""Learning sessions over a fake node."""
