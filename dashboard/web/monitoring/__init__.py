"""What is told of a running platform: metrics of its requests and of what it holds, for Prometheus.

`requests` counts requests while they are answered; `platform` reads what the platform holds when it is asked.
docs/monitoring has a dashboard of Grafana and alerts over these names; a test compares them.
"""
