"""Replicas on a node that shares the machine's network: loopback, a secret each, and no training."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from dashboard.settings import NodeSettings
from tests.integration.deploy.test_rollout_under_load import deployed

PATHS = ["v2/models/", "v2/models/rdf/", "swagger.json", "metrics", "v2/models/rdf/train/"]


async def test_a_replica_answers_its_gateway_on_loopback_and_nobody_else(
    trained: Path, tmp_path: Path
) -> None:
    async with deployed(tmp_path, trained, {"local": NodeSettings(kind="process")}) as one:
        assert await one.ask() == 200
        servers = [
            process
            for process in psutil.process_iter(["cmdline", "cwd"])
            if "deepaas_plugins.serve" in (process.info["cmdline"] or ())
            and str(process.info["cwd"]).startswith(str(tmp_path))
        ]
        addresses = {each.laddr for server in servers for each in server.net_connections() if not each.raddr}
        assert len(addresses) == 2
        assert {address.ip for address in addresses} == {"127.0.0.1"}
        for address in addresses:
            with socket.socket() as other:
                assert other.connect_ex(("127.0.0.5", address.port)) != 0
            base = f"http://127.0.0.1:{address.port}"
            for path in PATHS:
                for headers in ({}, {"X-Huggins-Secret": "0" * 64}):
                    async with one.session.get(f"{base}/{path}", headers=headers) as answer:
                        assert answer.status == 403
            async with one.session.post(f"{base}/v2/models/rdf/predict/", data=one.spectrum) as answer:
                assert answer.status == 403
        async with one.session.get(f"{one.address}/deployments/stars/v2/models/rdf/train/") as answer:
            assert answer.status == 401
