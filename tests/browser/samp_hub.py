"""A SAMP hub with the Web profile, and a program that takes tables and sends a selection back.

Runs in the interpreter that `ci/machine.sh` installs pyvo in. Prints ``ready``, then JSON for each message.
"""

from __future__ import annotations

import io
import json
import threading
import time
import urllib.request
import warnings
from typing import Any

from astropy.io.votable import parse_single_table
from pyvo.samp import SAMPHubServer, SAMPIntegratedClient
from pyvo.samp.hub import WebProfileDialog

warnings.simplefilter("ignore")
TYPES = ("table.load.votable", "spectrum.load.ssa-generic")


class Consent(WebProfileDialog):
    """Lets every page register, as a person would who presses Yes."""

    def show_dialog(self, *_about: Any) -> None:
        """Consent."""
        self.consent()


def main() -> None:
    """Serve until the process is ended."""
    dialog = Consent()
    hub = SAMPHubServer(web_profile=True, web_profile_dialog=dialog, mode="multiple")
    hub.start()

    def consent() -> None:
        while True:
            dialog.handle_queue()
            time.sleep(0.05)

    threading.Thread(target=consent, daemon=True).start()
    client = SAMPIntegratedClient(name="receiver")
    client.connect(hub_params=hub.params)

    def take(_key: str, sender: str, message: str, given: dict[str, str], _more: dict[str, Any]) -> None:
        with urllib.request.urlopen(given["url"]) as answer:
            table = parse_single_table(io.BytesIO(answer.read()))
        told = {"type": message, "rows": len(table.array), "name": given["name"]}
        print(json.dumps(told), flush=True)
        if "table-id" in given:
            for kind, more in (
                ("table.select.rowList", {"row-list": ["1"]}),
                ("table.highlight.row", {"row": "0"}),
            ):
                sent = {"samp.mtype": kind, "samp.params": {"table-id": given["table-id"], **more}}
                client.notify(sender, sent)

    for kind in TYPES:
        client.bind_receive_notification(kind, take)
    print("ready", flush=True)
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
