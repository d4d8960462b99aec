"""The log of one call: what usage and the access log record."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass

from aiohttp import web

from deploy.access.address import CallerAddresses
from deploy.access.usage import CallRecord

access_log = logging.getLogger("huggins.access")


@dataclass(slots=True)
class CallLog:
    """What is known of a call; filled in while it is handled."""

    deployment: str
    id: str
    began: float
    addresses: CallerAddresses
    token: str = ""
    version: int = 0
    replica: str = ""
    spectra: int = 0
    retried: bool = False

    def end(self, request: web.Request, status: int) -> CallRecord:
        """Write a line of the access log.

        Parameters
        ----------
        request
            The call.
        status
            The HTTP status of the answer.

        Returns
        -------
        CallRecord
            The record that usage counts.
        """
        seconds = time.perf_counter() - self.began
        if access_log.isEnabledFor(logging.INFO):
            line = {
                "id": self.id,
                "deployment": self.deployment,
                "version": self.version,
                "replica": self.replica,
                "token": self.token,
                "remote": self.addresses.client(request),
                "method": request.method,
                "path": request.path,
                "status": status,
                "milliseconds": round(1000 * seconds, 2),
                "spectra": self.spectra,
                "retried": self.retried,
            }
            access_log.info("%s", json.dumps(line), extra={"call": line})
        return CallRecord(self.deployment, self.version, self.token, status, seconds, self.spectra)
