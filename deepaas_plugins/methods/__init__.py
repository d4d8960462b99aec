"""The methods, one package each; each is an entry point ``deepaas.v2.model``."""
