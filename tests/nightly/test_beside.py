"""What a night asks beside the logs: the database, and some of the images."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import trustme

from tests.images.server import storage, written
from tests.nightly.conftest import Logscan
from tests.nightly.servers import Mailbox

A = "5b0c6c1e-0a1d-4c7e-9c55-1d2f3a4b5c01"
NOW = ("--now", "2026-11-25T03:00:00Z")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One mascot, well."""
    steps = ("[JobsService] Successfully enqueued mascot generation for", "[MascotGenerationProcessor] Processing mascot generation:",
             "[MascotGenerationProcessor] Successfully generated mascot")  # fmt: skip
    path = tmp_path / "b.log"
    path.write_text("".join(f"2026-11-24T09:05:0{n}.000000000Z [inf]  {step} {A}\n" for n, step in enumerate(steps)), encoding="utf-8")
    return path


def database(path: Path, url: str | None) -> Path:
    table = sqlite3.connect(path)
    table.execute('CREATE TABLE figures (id text, name text, state text, "fullBodyImageUrl" text, "createdAt" text)')
    table.execute("INSERT INTO figures VALUES (?, 'Otto', 'COMPLETED', ?, '2026-11-24 09:05:00')", (A, url))
    table.commit()
    table.close()
    return path


def test_night_reads_the_database_beside_the_logs(
    logscan: Logscan, mailbox: Mailbox, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url.txt").write_text(str(database(tmp_path / "m.sqlite", None)), encoding="utf-8")
    (tmp_path / "n.toml").write_text(
        f'[database]\nurl_file = "{(tmp_path / "url.txt").as_posix()}"\ntable = "figures"\ncolumns = "status=state"\n', encoding="utf-8"
    )
    done = logscan("nightly", "run", log, *NOW, "--config", tmp_path / "n.toml")
    assert done.code == 1, done.err
    (mail,) = mailbox.mails
    assert mail["Subject"] == "logscan: Images were generated but cannot be seen"
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "1 mascot is completed in the database and has no image URL there." in text
    assert "1 mascot · 1 generated · 0 failed" in text
    said = logscan("nightly", "check", log, *NOW, "--config", tmp_path / "n.toml").out
    assert "1 row read" in said


def test_night_without_the_database_tells_so_in_the_mail(
    logscan: Logscan, mailbox: Mailbox, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/mascots")
    done = logscan("nightly", "run", log, *NOW)
    assert done.code == 3
    (mail,) = mailbox.mails
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert text.count("The database was not read: postgresql://127.0.0.1:1/mascots") == 1
    assert "s3cret" not in str(mail)
    check = logscan("nightly", "check", log, *NOW)
    assert check.code == 3
    assert "✖ database  postgresql://127.0.0.1:1/mascots: connection failed" in check.out


def test_night_names_the_setting_that_is_wrong(logscan: Logscan, mailbox: Mailbox, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_DATABASE_URL", "postgresql://me:s3cret@x/y@127.0.0.1:1/mascots")
    done = logscan("nightly", "run", log, *NOW)
    assert done.code == 2
    assert "database.url: not a PostgreSQL URL" in done.err
    assert mailbox.mails == []


def test_night_asks_for_images(logscan: Logscan, mailbox: Mailbox, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(written(authority, tmp_path)))
    with storage(authority, "127.0.0.1") as images:
        monkeypatch.setenv("LOGSCAN_DATABASE_URL", str(database(tmp_path / "m.sqlite", images.url("/denied.png"))))
        for name, value in (
            ("DATABASE_TABLE", "figures"),
            ("DATABASE_COLUMNS", "status=state"),
            ("IMAGES_CHECK_URLS", "5"),
            ("IMAGES_ALLOW_PRIVATE", "127.0.0.1"),
        ):
            monkeypatch.setenv(f"LOGSCAN_{name}", value)
        done = logscan("nightly", "run", log, *NOW)
    assert {path for _, path, _ in images.asked} == {"/denied.png"}
    assert done.code == 1, done.err
    (mail,) = mailbox.mails
    (report,) = mail.iter_attachments()
    assert "of 1 that were asked, 1 answer 403" in report.get_content()
