"""Sends a webhook: signed JSON to an address that a user has entered.

``X-Huggins-Signature: t=SECONDS,v1=HEX``; HEX is HMAC-SHA-256 with the receiver's secret over
``SECONDS.BODY``, so that receivers can reject a replayed body. After a new secret was made there is, for a
day, a second ``v1=HEX`` by the one before: a receiver accepts the body if one of them is right.
``X-Huggins-Delivery`` is the id of the message, the same when it is sent again. Redirects are not followed:
no user has entered their address. Only the status of the answer is read.
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
    """The receiver did not accept the message; `str()` says why."""


def signature(secrets: Sequence[str], body: bytes, moment: int) -> str:
    """Return the signature of a message, for the header.

    Parameters
    ----------
    secrets : sequence of str
        The secret that the receiver knows; after a rotation the one before, too.
    body : bytes
        The message.
    moment : int
        When it is sent, in seconds since 1970; it is signed too, so that an old message is not accepted
        again.

    Returns
    -------
    str
        ``t=MOMENT,v1=HEX``, for each secret an HMAC-SHA256 (RFC 2104) of ``MOMENT.BODY``.
    """
    signed = f"{moment}.".encode() + body
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={moment}", *(f"v1={digest}" for digest in digests)])


async def send(
    message: Message, secrets: Sequence[str], address: str, *, timeout_s: float, networks: Sequence[str]
) -> None:
    """Send a message to its target.

    Parameters
    ----------
    message : Message
        What to send.
    secrets : sequence of str
        Of the receiver, for the signature.
    address : str
        Of this platform, for links.
    timeout_s : float
        Seconds for the whole request.
    networks : sequence of str
        Networks that it may reach beside the public internet.

    Raises
    ------
    NotDelivered
        Unless the answer is 2xx.
    """
    body = json.dumps(message.payload(address), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Huggins",
        "X-Huggins-Event": message.event,
        "X-Huggins-Delivery": message.id,
        "X-Huggins-Signature": signature(secrets, body, int(time.time())),
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
