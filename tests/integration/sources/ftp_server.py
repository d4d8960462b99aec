"""An FTP server that cuts a transfer, and tells a wrong address for data."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

with warnings.catch_warnings():  # it imports modules that a later Python no longer has
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import DTPHandler, FTPHandler
    from pyftpdlib.servers import FTPServer


class CutOnce(DTPHandler):
    """Cuts the first transfer of a large file in the middle."""

    cuts = 0

    def send(self, data: bytes) -> int:
        if CutOnce.cuts == 0 and self.get_transmitted_bytes() > 200_000:
            CutOnce.cuts += 1
            self.cmd_channel.respond("426 Connection closed; transfer aborted.")
            self.close()
            return 0
        return int(super().send(data))


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    CutOnce.cuts = 0
    authorizer = DummyAuthorizer()
    authorizer.add_user("anna", "secret", str(folder), perm="elr")

    class Handler(FTPHandler):
        pass

    Handler.authorizer, Handler.dtp_handler, Handler.use_sendfile = authorizer, CutOnce, False
    Handler.auth_failed_timeout = 0
    # The address that it tells is another one: data comes from where the connection is.
    Handler.masquerade_address = "127.0.0.77"
    server = FTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"handle_exit": False}, daemon=True)
    thread.start()
    try:
        yield f"ftp://127.0.0.1:{server.address[1]}/"
    finally:
        server.close_all()
        thread.join(5)
