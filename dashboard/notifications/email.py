"""Sends an e-mail: plain text, with small results attached."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

from dashboard.notifications.message import Message
from dashboard.notifications.webhook import NotDelivered
from dashboard.settings import NotificationSettings
from launchers.private_file import exposed

JSON_TYPE = ("application", "json")
TYPES = {".json": JSON_TYPE, ".csv": ("text", "csv"), ".txt": ("text", "plain"), ".png": ("image", "png")}


@dataclass(frozen=True)
class Attachment:
    """A file of the job; `path` is below its ``out/``."""

    path: str
    content: bytes


def compose(
    message: Message, settings: NotificationSettings, address: str, attached: Sequence[Attachment], note: str
) -> EmailMessage:
    """Return the e-mail of a message; its ``Message-ID`` is the same when it is sent again.

    Parameters
    ----------
    message : Message
        What to send.
    settings : NotificationSettings
        The sender.
    address : str
        Of this platform, for links.
    attached : sequence of Attachment
        Small results.
    note : str
        A last line, or empty.
    """
    text = message.text(address) + (f"\n{note}\n" if note else "")
    made = compose_letter(message.id, message.target, message.subject, text, settings)
    for file in attached:
        main, sub = TYPES.get(Path(file.path).suffix, ("application", "octet-stream"))
        made.add_attachment(file.content, maintype=main, subtype=sub, filename=file.path.replace("/", "-"))
    return made


def compose_letter(
    identifier: str, to: str, subject: str, text: str, settings: NotificationSettings
) -> EmailMessage:
    """Return an e-mail of plain text.

    Parameters
    ----------
    identifier : str
        Part of its ``Message-ID``.
    to, subject, text : str
        Where it goes, and what it says. A subject is one line: line ends in it are removed.
    settings : NotificationSettings
        The sender.
    """
    host = socket.getfqdn()
    made = EmailMessage(policy=SMTP)
    made["Subject"] = " ".join(subject.split())
    made["From"] = settings.sender or f"huggins@{host}"
    made["To"] = to
    made["Date"] = formatdate()
    made["Message-ID"] = f"<{identifier}@{host}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made


def send(message: EmailMessage, settings: NotificationSettings) -> None:
    """Hand an e-mail to the mail server; it blocks: call it in a thread.

    Raises
    ------
    NotDelivered
        With the reason of the mail server.
    """
    context = ssl.create_default_context()
    try:
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=settings.timeout_s, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=settings.timeout_s)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, _password(settings))
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server: {error}") from error


def _password(settings: NotificationSettings) -> str:
    if why := exposed(settings.smtp_password_file):
        raise NotDelivered(f"notifications.smtp_password_file: {why}")
    return Path(settings.smtp_password_file).read_text("utf-8").strip()
