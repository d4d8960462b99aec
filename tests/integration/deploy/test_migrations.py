"""The schema on a real PostgreSQL, from the first revision to the newest, with something in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from dashboard.database.engine import MIGRATIONS, Database
from deploy.model.deployment import Access
from deploy.model.store import DeploymentStore
from tests.integration.postgresql import new_database, serving
from tests.platform.test_database import difference

FIRST = "0001"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    return made


def to(revision: str) -> Callable[[Connection], None]:
    def move(connection: Connection) -> None:
        configuration = config()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)

    return move


async def test_each_revision_is_reached_from_the_one_before_and_keeps_what_is_there() -> None:
    revisions = [one.revision for one in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
    assert revisions[0] == FIRST
    with serving() as server:
        database = Database(await new_database(server.folder))
        for revision in revisions:
            async with database.write() as connection:
                await connection.run_sync(to(revision))
                if revision == FIRST:
                    await connection.execute(
                        text(
                            "insert into deployments values ('be', 'rdf', '1.0', 'sha256:1', 'batch', 'm1', "
                            "'/m1', 'local', true, '2026-01-01T00:00:00.000Z', '{\"cpus\": 2}')"
                        )
                    )
        async with database.read() as connection:
            assert await connection.run_sync(difference) == []
        store = DeploymentStore(database)
        [found] = (await store.all())[1]
        assert (found.version().model, found.version().resources) == ("m1", {"cpus": 2})
        changed = await store.change("be", lambda one: replace(one, access=Access.TOKENS))
        assert (await store.all())[1] == [changed]
        await database.close()
