"""Live events of jobs: topics ``job:ID`` for one of them, ``jobs`` for all."""

from __future__ import annotations

from dashboard.base.events import Live
from dashboard.base.ownership import Ownership
from dashboard.jobs.folder.follower import AttemptUpdate
from dashboard.jobs.job import Job

ENDED = "jobs:ended"  # internal topic of the supervisor; pages subscribe to "jobs"


def publish_state(live: Live, job: Job) -> None:
    """Publish the state of a job."""
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
    """Publish what the runner of a job has written since the last update.

    Parameters
    ----------
    live : Live
        Where to publish.
    job : str
        Its id.
    news : AttemptUpdate
        New progress, metrics and size of the log.
    ownership : Ownership, optional
        Who may receive it on the topic of all jobs.
    """
    topic = f"job:{job}"
    if news.progress is not None:
        live.publish(topic, "progress", {"job": job, **news.progress})
        live.publish("jobs", "progress", {"job": job, **news.progress}, ownership)
    if news.metrics:
        live.publish(topic, "metrics", {"job": job, "points": news.metrics})
    if news.log_size is not None:
        live.publish(topic, "log", {"job": job, "size": news.log_size})


def publish_deleted(live: Live, job: str, ownership: Ownership | None = None) -> None:
    """Publish that a job was deleted.

    Parameters
    ----------
    live : Live
        Distributes the events.
    job : str
        The job's id.
    ownership : Ownership, optional
        Whose the job was; it decides who receives the event of all jobs.
    """
    live.publish("jobs", "deleted", {"job": job}, ownership)
    live.publish(f"job:{job}", "deleted", {"job": job})
