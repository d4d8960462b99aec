"""The schema: what the migrations make is what the tables say."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import IntegrityError

from dashboard.base.errors import Conflict, Unavailable
from dashboard.database.engine import MIGRATIONS, Database
from dashboard.database.tables import metadata, platform_facts
from dashboard.platform import Platform
from deploy.model.deployment import Access
from deploy.model.store import DeploymentStore
from deploy.model.tables import deployment_predictions, deployment_usage
from deploy.model.tables import metadata as deploy_metadata
from tests.platform.world import World


def difference(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, [metadata, deploy_metadata])  # type: ignore[arg-type]  # a list is documented


async def test_the_migrations_make_what_the_tables_say(platform: Platform) -> None:
    async with platform.database.read() as connection:
        assert await connection.run_sync(difference) == []


async def test_migrating_again_changes_nothing(platform: Platform) -> None:
    await platform.database.migrate()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    async with platform.database.read() as connection:
        found = await connection.execute(text("select version_num from alembic_version"))
        assert found.scalars().all() == ScriptDirectory.from_config(config).get_heads()


async def test_a_home_of_a_newer_version_is_refused_with_both_versions_named(platform: Platform) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    newest = ScriptDirectory.from_config(config).get_current_head()
    async with platform.database.write() as connection:
        await connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Conflict, match=f"schema 9999.*up to {newest}"):
        await platform.database.migrate()


async def test_a_database_that_is_damaged_beyond_its_schema_is_named_with_what_to_do(world: World) -> None:
    first = await world.platform()
    await first.stop()
    file = world.home / "huggins.sqlite"
    size, page = file.stat().st_size, 4096
    with file.open("r+b") as stream:  # all but the schema, whose pages the migration reads
        pages = sqlite3.connect(file)
        roots = [row[0] for row in pages.execute("select rootpage from sqlite_master where name like 'job%'")]
        pages.close()
        for root in roots:
            if root and root * page <= size:
                stream.seek((root - 1) * page)
                stream.write(b"\xff" * page)
    with pytest.raises(Unavailable, match="Restore it from a copy"):
        await world.platform()


async def test_a_transaction_that_fails_leaves_nothing(platform: Platform) -> None:
    async def twice() -> None:
        async with platform.database.write() as connection:
            await connection.execute(insert(platform_facts).values(name="a", value="1"))
            await connection.execute(insert(platform_facts).values(name="a", value="2"))

    with pytest.raises(IntegrityError):
        await twice()
    async with platform.database.read() as connection:
        found = await connection.execute(select(platform_facts).where(platform_facts.c.name == "a"))
        assert found.all() == []


async def test_sqlite_keeps_commits_and_foreign_keys(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    async with database.read() as connection:
        for pragma, value in (("journal_mode", "wal"), ("foreign_keys", 1), ("synchronous", 2)):
            assert (await connection.execute(text(f"pragma {pragma}"))).scalar() == value
    await database.close()


def test_an_unknown_kind_of_database_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="use sqlite:/// or postgresql://"):
        Database("mysql://x/y")


async def test_what_was_deployed_becomes_the_first_version_of_itself(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def to(revision: str) -> Callable[[Connection], None]:
        def move(connection: Connection) -> None:
            config.attributes["connection"] = connection
            (command.upgrade if revision > "0001" else command.downgrade)(config, revision)

        return move

    async with database.write() as connection:
        await connection.run_sync(to("0002"))
        await connection.run_sync(to("0001"))
        await connection.execute(
            text(
                "insert into deployments values ('be', 'rdf', '1.0', 'sha256:1', 'batch', 'm1', '/m1', "
                "'local', 1, '2026-01-01T00:00:00.000Z', '{\"cpus\": 2}')"
            )
        )
        await connection.run_sync(to("head"))
    [found] = (await DeploymentStore(database).all())[1]
    assert (found.nodes, found.stable, found.access) == (("local",), 1, Access.PUBLIC)
    assert (found.version().model, found.version().resources) == ("m1", {"cpus": 2})
    async with database.write() as connection:
        await connection.run_sync(to("0001"))
        row = (await connection.execute(text("select node, model, settings from deployments"))).one()
    assert tuple(row) == ("local", "m1", '{"cpus": 2}')
    await database.close()


async def test_a_migration_of_a_table_keeps_what_refers_to_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    database = Database(url)

    def old(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")

    async with database.write() as connection:
        await connection.run_sync(old)
        await connection.execute(
            text(
                "insert into jobs (id, owner, label, note, action, module, module_version, image, phase, "
                "wanted, reason, parameters, input, node, resources, created) values "
                "('j', 'o', '', '', 'train', 'm', '1', '', 'QUEUED', 'run', '', '{}', '{}', 'any', '{}', 't')"
            )
        )
        await connection.execute(
            text(
                "insert into attempts (id, job, number, node, launcher, state, reason, intended) "
                "values ('h-j-1', 'j', 1, 'local', 'fake', 'launched', '', 't')"
            )
        )
    await database.migrate()
    async with database.write() as connection:
        assert (await connection.execute(text("select id from attempts"))).scalars().all() == ["h-j-1"]
        await connection.execute(text("delete from jobs"))
        assert (await connection.execute(text("select id from attempts"))).scalars().all() == []
    await database.close()


async def test_usage_and_predictions_keep_their_rows_under_the_new_names(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")

    def old(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")

    async with database.write() as connection:
        await connection.run_sync(old)
        await connection.execute(
            text(
                "insert into deployment_usage (deployment, minute, token, version, gateway, requests, "
                "spectra, errors, refused, seconds, latency) "
                "values ('be', 1, '', 1, 'g', 9, 9, 2, 3, 0.5, '[]')"
            )
        )
        await connection.execute(
            text(
                "insert into deployment_predictions (id, deployment, born, gateway, folder, caller, state, "
                "reason, request, size, created, begun) "
                "values ('p', 'be', 't0', 'g', '/p', '', 'running', '', '{}', 1, 't1', 't2')"
            )
        )
    await database.migrate()
    async with database.read() as connection:
        usage = (await connection.execute(select(deployment_usage))).mappings().one()
        assert (usage["requests"], usage["server_errors"], usage["client_errors"]) == (9, 2, 3)
        kept = (await connection.execute(select(deployment_predictions))).mappings().one()
        assert (kept["deployment_created"], kept["started"], kept["state"]) == ("t0", "t2", "running")
    await database.close()


async def test_an_error_holds_no_values_of_its_statement(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.sqlite'}")
    value = "".join(["confi", "dential"])  # the traceback quotes this file
    with pytest.raises(Exception, match="nowhere") as error:
        async with database.read() as connection:
            await connection.execute(text("select :private from nowhere"), {"private": value})
    await database.close()
    told = "".join(traceback.format_exception(error.value))
    assert "select ? from nowhere" in told
    assert value not in told
