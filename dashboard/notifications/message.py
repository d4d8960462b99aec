"""Messages: their text and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENDED, WAITS, TEST, QUOTA, DOWN = "ended", "waits", "test", "quota", "down"


@dataclass(frozen=True)
class Message:
    """A row of `outbox`."""

    id: str
    job: str
    identity: str
    event: str
    channel: str
    target: str
    detail: Mapping[str, Any]
    state: str
    attempts: int
    due: str
    error: str
    created: str
    sent: str | None

    @property
    def subject(self) -> str:
        """The subject, one line."""
        name = self.detail.get("label") or self.job
        if self.event == TEST:
            return "Huggins: this is a test"
        if self.event == QUOTA:
            project = self.detail.get("project")
            whose = f"the quota of the project {project}" if project else "your quota"
            return f"Huggins: {self.detail['percent']} % of {whose} is used ({self.detail['title']})"
        if self.event == DOWN:
            return f"Huggins: the deployment {self.detail['deployment']} does not answer"
        if self.event == WAITS:
            return f"Huggins: {self.detail['module']} “{name}” is still waiting"
        words = {"COMPLETED": "is completed", "ERROR": "failed", "ABORTED": "was aborted"}
        return f"Huggins: {self.detail['module']} “{name}” {words.get(self.detail['phase'], 'ended')}"

    def text(self, address: str) -> str:
        """Return the text, with the link to the job below `address`."""
        if self.event == TEST:
            return f"Messages from {address} reach you here.\n"
        if self.event == QUOTA:
            unit = f" {self.detail['unit']}".rstrip()
            told = f"{self.detail['used']:g} of {self.detail['limit']:g}{unit}"
            project = self.detail.get("project")
            page = f"{address}/projects/{project}" if project else f"{address}/settings"
            return f"{self.subject.removeprefix('Huggins: ')}: {told}.\n\n{page}\n"
        if self.event == DOWN:
            said = f"{self.subject.removeprefix('Huggins: ')}.\nReason: {self.detail['reason']}\n"
            return f"{said}\n{address}/deployments/{self.detail['deployment']}\n"
        lines = [self.subject.removeprefix("Huggins: ") + "."]
        if self.detail.get("reason"):
            lines.append(f"Reason: {self.detail['reason']}")
        metrics = self.detail.get("metrics") or {}
        lines += [f"{name}: {value:.6g}" for name, value in metrics.items() if isinstance(value, int | float)]
        return "\n".join([*lines, "", f"{address}/jobs/{self.job}", ""])

    def payload(self, address: str) -> dict[str, Any]:
        """Return the JSON of a webhook."""
        payload: dict[str, Any] = {
            "schema": 1,
            "id": self.id,
            "event": f"job.{self.event}",
            "time": self.created,
        }
        if self.event == TEST:
            return {**payload, "event": TEST}
        if self.event == QUOTA:
            return {**payload, "event": "quota.warning", "quota": dict(self.detail)}
        if self.event == DOWN:
            link = f"{address}/deployments/{self.detail['deployment']}"
            return {**payload, "event": "deployment.down", "deployment": {**self.detail, "url": link}}
        return {**payload, "job": {"id": self.job, "url": f"{address}/jobs/{self.job}", **self.detail}}
