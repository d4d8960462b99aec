"""Sending a webhook: JSON, signed, to an address that a stranger may have typed.

``X-Huggins-Signature: t=SECONDS,v1=HEX``; HEX is HMAC-SHA-256 with the receiver's secret over
``SECONDS.BODY``, so a body that was caught cannot be sent again much later. ``X-Huggins-Delivery`` is the
message's id, the same when it is sent again. No redirect is followed: a second address would be nobody's
choice. Of the answer only the status is read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Sequence

import aiohttp

from dashboard.base.outbound import guarded_connector
from dashboard.notifications.message import Message


class NotDelivered(Exception):
    """The other end did not take it; the message says why."""


def signature(secret: str, body: bytes, moment: int) -> str:
    """Return the header's value for a body sent at `moment` (seconds since 1970)."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


async def send(
    message: Message, secret: str, address: str, *, timeout_s: float, networks: Sequence[str]
) -> None:
    """Send a message to its target; `NotDelivered` unless the answer is 2xx.

    Parameters
    ----------
    secret : str
        Of the receiver.
    address : str
        Of this platform, for links.
    networks : sequence of str
        Into which it may point beside the public internet.
    """
    body = json.dumps(message.payload(address), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Huggins",
        "X-Huggins-Event": message.event,
        "X-Huggins-Delivery": message.id,
        "X-Huggins-Signature": signature(secret, body, int(time.time())),
    }
    connector, timeout = guarded_connector(networks), aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
            session.post(message.target, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            status = answer.status
    except TimeoutError as error:
        raise NotDelivered(f"no answer within {timeout_s:g} s") from error
    except (aiohttp.ClientError, ValueError, OSError) as error:
        raise NotDelivered(str(error) or type(error).__name__) from error
    if not 200 <= status < 300:
        raise NotDelivered(f"it answered {status}")
