"""Commands about who sees and owns what: start reading at `share`."""
