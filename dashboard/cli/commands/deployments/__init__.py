"""`huggins deploy`: deployments (`deploy`), their tokens and their versions."""
