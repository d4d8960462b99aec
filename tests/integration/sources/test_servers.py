"""Real servers of files as sources: index pages, WebDAV, S3, FTP and FTPS."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from dashboard.platform import Platform
from tests.conftest import unavailable
from tests.integration.sources.acquired import fetched, listed, names_of
from tests.integration.sources.conftest import NAMES
from tests.integration.sources.servers import PASSWORD, USER, apache, http_server, nginx, s3, vsftpd
from tests.platform.acquisition.archive import spectrum


@pytest.fixture
def ftp() -> Any:
    """Return the module of the FTP server, whose package a machine may lack."""
    try:
        return importlib.import_module("tests.integration.sources.ftp_server")
    except ModuleNotFoundError:
        unavailable("pyftpdlib")


@pytest.mark.parametrize("serve", [nginx, http_server], ids=["nginx", "http.server"])
async def test_folders_of_web_servers_are_walked_and_loops_end(
    platform: Platform, spectra: Path, serve: Callable[[Path], AbstractContextManager[str]]
) -> None:
    with serve(spectra) as address:
        done = await fetched(platform, "http-index", address)
    assert (done.state, done.failed) == ("completed", 0), done
    names = await names_of(platform, done)
    assert set(NAMES) <= names
    assert all("loop/" in name for name in names - set(NAMES))
    assert (await platform.data.get(done.dataset or "")).rejected == 0


async def test_apache_serves_pages_and_webdav_openly_and_by_both_challenges(
    platform: Platform, spectra: Path
) -> None:
    given = {"user": USER, "password": PASSWORD}
    with apache(spectra) as address:
        pages = await fetched(platform, "http-index", f"{address}index/", {"depth": 2})
        free = await listed(platform, "webdav", {"address": f"{address}open/", "depth": 2})
        basic = await listed(platform, "webdav", {"address": f"{address}basic/sub/", "depth": 0}, **given)
        digest = await fetched(platform, "webdav", f"{address}digest/", {"depth": 2}, **given)
        wrong = await listed(platform, "webdav", {"address": f"{address}digest/"}, user=USER, password="no")
        none = await listed(platform, "webdav", {"address": f"{address}index/"})
    for done in (pages, digest):
        assert (done.state, done.failed) == ("completed", 0), done
        assert set(NAMES) <= await names_of(platform, done)
        stored = platform.data.folder / str(done.dataset) / "files"
        assert (stored / "100%.csv").read_bytes() == spectrum(NAMES.index("100%.csv"))
    assert await names_of(platform, free) == await names_of(platform, digest)
    assert await names_of(platform, basic) == {"c.csv"}
    assert (wrong.state, wrong.fault) == ("error", "credentials")
    assert (none.state, none.fault) == ("error", "status"), none  # 405: the folder is there, but no WebDAV


async def test_a_bucket_of_5000_keys_is_listed_and_objects_are_fetched_with_signatures(
    platform: Platform, spectra: Path
) -> None:
    (spectra / "sub" / "loop").unlink()
    largest = len((spectra / "ü.csv").read_bytes())  # the last one, which all keys hold
    with s3(spectra, 5000) as (endpoint, key, secret):
        values: dict[str, object] = {"address": endpoint, "bucket": "spectra"}
        given = {"user": key, "password": secret}
        many = await listed(platform, "s3", values | {"prefix": "many/", "include": ["*.csv"]}, **given)
        done = await fetched(platform, "s3", endpoint, values | {"prefix": "dr 1/"}, **given)
        wrong = await listed(platform, "s3", values, user=key, password="wrong")
        gone = await listed(platform, "s3", values | {"bucket": "nothing"}, **given)
    assert (many.state, many.listed, many.expected_bytes) == ("listed", 5000, 5000 * largest)
    assert (done.state, done.failed) == ("completed", 0), done
    assert await names_of(platform, done) == set(NAMES)
    assert (wrong.state, wrong.fault) == ("error", "credentials")
    assert "SignatureDoesNotMatch" in wrong.detail
    assert (gone.state, gone.fault) == ("error", "not-found")
    assert "NoSuchBucket" in gone.detail


async def test_a_transfer_of_ftp_that_is_cut_goes_on_and_a_wrong_address_is_not_believed(
    platform: Platform, spectra: Path, ftp: Any
) -> None:
    (spectra / "large.csv").write_bytes(spectrum(points=60_000))
    with ftp.serving(spectra) as address:
        done = await fetched(platform, "ftp", address, {"depth": 2}, user="anna", password="secret")
        wrong = await listed(platform, "ftp", {"address": address}, user="anna", password="wrong")
    assert (done.state, done.failed) == ("completed", 0), done
    assert ftp.CutOnce.cuts == 1
    stored = platform.data.folder / str(done.dataset) / "files" / "large.csv"
    assert stored.read_bytes() == spectrum(points=60_000)
    assert set(NAMES) <= await names_of(platform, done)
    assert (wrong.state, wrong.fault) == ("error", "credentials")


async def test_ftps_without_mlsd_reuses_its_session_and_verifies_the_certificate(
    platform: Platform, spectra: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with vsftpd(spectra) as address:
        unknown = await listed(platform, "ftp", {"address": address})
        done = await fetched(platform, "ftp", address, {"depth": 2, "verify": False})
        plain = await listed(platform, "ftp", {"address": address.replace("ftps://", "ftp://")})
        monkeypatch.setenv("SSL_CERT_FILE", str(spectra.parent / "certificate.pem"))
        trusted = await listed(platform, "ftp", {"address": address, "depth": 0})
    assert (unknown.state, unknown.fault) == ("error", "unreachable")
    assert "certificate" in unknown.detail
    assert (done.state, done.failed) == ("completed", 0), done
    assert set(NAMES) <= await names_of(platform, done)
    assert (trusted.state, trusted.listed) == ("listed", 6), trusted
    assert plain.state == "error", plain
