"""Settings of a user."""

from __future__ import annotations

from dashboard.notifications.preferences import ABOUT, LONGEST_WAIT
from dashboard.web.schemas.fields import Choice, Flag, Text, Whole, optional
from dashboard.web.schemas.schema import BodySchema


class NotificationChangeSchema(BodySchema):
    """Ways, events and waiting time of notifications; omitted fields keep their value."""

    email = optional(Text, "Address; empty: no e-mail")
    webhook = optional(Text, "Address that gets a signed JSON POST; empty: none")
    about = optional(Choice, ABOUT, "Of which jobs")
    waits_minutes = optional(Whole, "After how long in the queue; 0: never", least=0, most=LONGEST_WAIT)
    of_quotas = optional(Flag, "Of quotas of yours, and of projects that you lead, that are nearly used")
    of_deployments = optional(Flag, "Of deployments of yours that fail")
    attach_results = optional(Flag, "Attach small results to e-mails")
    secret = optional(Choice, ("new",), "new: make another secret for the webhook")
