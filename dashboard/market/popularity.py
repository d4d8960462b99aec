"""How much modules are used: jobs, deployments, predictions, people. Who wants is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Select, delete, func, insert, select, union

from dashboard.database.engine import Database
from dashboard.database.tables import jobs, uncounted_people
from deploy.model.tables import deployment_usage, deployment_versions, deployments

_COUNTED = select(uncounted_people.c.user)


@dataclass(frozen=True)
class Use:
    """How much a module is used.

    Attributes
    ----------
    jobs : int
        Trainings and predictions.
    deployments : int
        Deployments that exist.
    predictions : int
        Requests that these answered.
    people : int
        Who own them.
    """

    jobs: int = 0
    deployments: int = 0
    predictions: int = 0
    people: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """Key by which modules are sorted: people first, because one of them may run a job a minute."""
        return (self.people, self.jobs + self.deployments)

    def to_json(self) -> dict[str, int]:
        """Return the numbers."""
        return asdict(self)


def _of_jobs() -> Select[str, int]:
    counted = jobs.c.owner.not_in(_COUNTED)
    return select(jobs.c.module, func.count()).where(counted).group_by(jobs.c.module)


def _of_deployments() -> Select[str, int]:
    several = func.count(deployment_versions.c.deployment.distinct())
    found = select(deployment_versions.c.module, several).join(
        deployments, deployments.c.name == deployment_versions.c.deployment
    )
    return found.where(deployments.c.owner.not_in(_COUNTED)).group_by(deployment_versions.c.module)


def _of_predictions() -> Select[str, int]:
    own, used = deployment_versions.c, deployment_usage.c
    found = (
        select(
            own.module, func.coalesce(func.sum(used.requests - used.server_errors - used.client_errors), 0)
        )
        .select_from(deployment_usage)
        .join(deployment_versions, (own.deployment == used.deployment) & (own.number == used.version))
        .join(deployments, deployments.c.name == used.deployment)
    )
    return found.where(deployments.c.owner.not_in(_COUNTED)).group_by(own.module)


def _of_people() -> Select[str, int]:
    own = deployment_versions.c
    deployed = select(own.module, deployments.c.owner).join(deployments, deployments.c.name == own.deployment)
    both = union(select(jobs.c.module, jobs.c.owner), deployed).subquery()
    found = select(both.c.module, func.count(both.c.owner.distinct())).where(both.c.owner.not_in(_COUNTED))
    return found.group_by(both.c.module)


QUERIES: Mapping[str, Callable[[], Select[str, int]]] = {
    "jobs": _of_jobs,
    "deployments": _of_deployments,
    "predictions": _of_predictions,
    "people": _of_people,
}


class Popularity:
    """Counts, and remembers who is left out.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, Use]:
        """Count; return the use of every module that is used."""
        found: dict[str, dict[str, int]] = {}
        async with self._database.read() as connection:
            for name, query in QUERIES.items():
                for module, number in await connection.execute(query()):
                    found.setdefault(module, {})[name] = int(number)
        return {module: Use(**numbers) for module, numbers in found.items()}

    async def counts(self, user: str) -> bool:
        """Return whether what somebody has and runs is counted."""
        query = select(uncounted_people.c.user).where(uncounted_people.c.user == user)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is None

    async def set_counts(self, user: str, *, counted: bool) -> None:
        """Count what somebody has and runs, or leave it out, also what was before.

        Parameters
        ----------
        user : str
            User id.
        counted : bool
            Whether it is counted.
        """
        async with self._database.write() as connection:
            await connection.execute(delete(uncounted_people).where(uncounted_people.c.user == user))
            if not counted:
                await connection.execute(insert(uncounted_people).values(user=user))
