"""Requests of people about their own account: signing in, passwords, registering; the profile."""
