"""Whether the time of a failed sign-in tells if there is an account: ``python -m benchmarks.sign_in``."""
