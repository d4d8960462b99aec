"""What people read of faults and notices."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.data.sources.record import Fault, NoticeKind

FAULTS: Mapping[str, str] = {
    Fault.DENIED: "address not allowed",
    Fault.ADDRESS: "no usable address",
    Fault.CREDENTIALS: "other credentials needed",
    Fault.NOT_FOUND: "not found",
    Fault.STATUS: "error of the server",
    Fault.BUSY: "server busy",
    Fault.UNREACHABLE: "server not reachable",
    Fault.SLOW: "too slow",
    Fault.CUT: "connection cut",
    Fault.TOO_LARGE: "too large",
    Fault.HTML: "page in place of data",
    Fault.DAMAGED: "damaged",
    Fault.TABLE: "list cannot be read",
    Fault.SERVICE: "error of the service",
    Fault.NO_LINK: "no link",
    Fault.NAME: "cannot be stored",
    Fault.QUOTA: "quota reached",
    Fault.STORAGE: "disk full",
    Fault.INTERNAL: "fault of the platform",
}
#: What to do about a fault that ended an acquisition.
ADVICE: Mapping[str, str] = {
    Fault.DENIED: "An administrator may allow the network: setting sources.networks.",
    Fault.CREDENTIALS: "Enter user name and password in the settings of the source.",
    Fault.QUOTA: "Delete datasets or ask for more space; then fetch what is left.",
    Fault.STORAGE: "What was fetched is kept. Free some space; then fetch what is left.",
    Fault.UNREACHABLE: "Check the address; or try again later.",
    Fault.BUSY: "Try again later.",
    Fault.SLOW: "Try again later.",
    Fault.HTML: "Check the address: a page of a sign-in or of an error is often the cause.",
    Fault.NO_LINK: "Name the column with the links in the settings of the source.",
}
NOTICES: Mapping[str, str] = {
    NoticeKind.OVERFLOW: "The service has more records than it listed",
    NoticeKind.LIMIT: "The list was ended early",
    NoticeKind.SKIPPED: "Not listed",
    NoticeKind.SERVICE: "The service says",
}
