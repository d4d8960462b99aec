"""Access to deployments (``authorization``, ``tokens``) and counts of their calls (``usage``)."""
