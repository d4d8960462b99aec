"""The deploy service: puts models on the air and proxies them. May import `catalog` and `launchers`."""
