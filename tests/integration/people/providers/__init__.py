"""Signing in by providers of accounts: a certified one, and one that signs whatever it is told to."""
