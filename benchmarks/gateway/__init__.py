"""What the gateway costs: `python -m benchmarks.gateway`. `legs` starts what is compared: `server`."""
