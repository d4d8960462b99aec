"""The platform behind real proxies with TLS, by the configurations that docs/operating.md shows."""
