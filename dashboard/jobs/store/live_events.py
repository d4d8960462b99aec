"""What is published of jobs, for those who follow one of them, or all."""

from __future__ import annotations

from dashboard.base.events import Live
from dashboard.base.ownership import Ownership
from dashboard.jobs.folder.follower import AttemptUpdate
from dashboard.jobs.job import Job

ENDED = "jobs:ended"  # topic of the supervisor's own: who follows "jobs" is somebody's page


def publish_state(live: Live, job: Job) -> None:
    """Tell a job's state."""
    data = {
        "job": job.id,
        "phase": str(job.phase),
        "reason": job.reason,
        "desired_state": str(job.desired_state),
    }
    live.publish(f"job:{job.id}", "phase", data)
    live.publish("jobs", "phase", data, job.ownership)
    if job.final:
        live.publish(ENDED, "phase", data)


def publish_update(live: Live, job: str, news: AttemptUpdate, ownership: Ownership | None = None) -> None:
    """Tell what a job's runner has written since."""
    topic = f"job:{job}"
    if news.progress is not None:
        live.publish(topic, "progress", {"job": job, **news.progress})
        live.publish("jobs", "progress", {"job": job, **news.progress}, ownership)
    if news.metrics:
        live.publish(topic, "metrics", {"job": job, "points": news.metrics})
    if news.log_size is not None:
        live.publish(topic, "log", {"job": job, "size": news.log_size})


def publish_deleted(live: Live, job: str, ownership: Ownership | None = None) -> None:
    """Tell that a job is gone."""
    live.publish("jobs", "deleted", {"job": job}, ownership)
    live.publish(f"job:{job}", "deleted", {"job": job})
