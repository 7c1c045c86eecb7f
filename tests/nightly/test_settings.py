"""Settings from the command line, the environment and a file; `nightly init` and `nightly check`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from logscan.errors import UsageError
from logscan.nightly.options import OPTIONS, template
from logscan.nightly.settings import Settings, default_history, read_settings
from logscan.times import MINUTE
from tests.cli.conftest import Logscan, log
from tests.nightly.servers import KEY, Api, Mailbox
from tests.railway.server import Railway

LOG = log("quota-cli-plain")


def read(text: str = "", given: dict[str, object] | None = None, **environment: str) -> Settings:
    path = Path("logscan-test.toml")
    path.write_text(text, encoding="utf-8")
    return read_settings(given or {}, environment, path)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_settings_command_line_outranks_environment_outranks_file() -> None:
    text = '[nightly]\nsend = "on-change"\nlang = "fr"\nkeep = "30d"\n'
    settings = read(text, {"send": "always"}, LOGSCAN_NIGHTLY_SEND="on-problem", LOGSCAN_NIGHTLY_LANG="en")
    assert (settings.send, settings.lang, settings.keep) == ("always", "en", 30 * 1440 * MINUTE)
    assert settings.origins == {"send": "--send", "lang": "LOGSCAN_NIGHTLY_LANG", "keep": "logscan-test.toml: nightly.keep"}


@pytest.mark.parametrize("option", [it for it in OPTIONS if not it.secret], ids=lambda it: it.name)
def test_settings_every_one_comes_from_the_file_and_from_the_environment(option: object) -> None:
    from logscan.nightly.options import Option

    assert isinstance(option, Option)
    sample: dict[str, tuple[object, str]] = {
        "text": ('"x@example.org"', "x@example.org"), "texts": ('["a@example.org"]', "a@example.org"), "time": ('"20d"', "20d"),
        "flag": ("true", "yes"), "number": ("7", "7"), "choice": (f'"{(*option.choices, "")[0]}"', (*option.choices, "")[0]), "path": ('"f.txt"', "f.txt"),
    }  # fmt: skip
    in_file, in_environment = sample[option.kind]
    Path("f.txt").write_text("smtps://host\n" if option.key == "url_file" else "https://example.org/hook", encoding="utf-8")
    assert option.field in read(f"[{option.section}]\n{option.key} = {in_file}\n").origins
    assert read(**{option.name: in_environment}).origins[option.field] == option.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[nightly]\nsned = "always"', "[nightly] has no 'sned'; did you mean 'send'?"),
        ("[night]\n", "nothing is called 'night' here"),
        ('[nightly]\nsend = "never"', "nightly.send: 'never' is none of always, on-change, on-problem"),
        ('[nightly]\nwindow = "soon"', "nightly.window: 'soon' is not a duration"),
        ('[nightly]\nkeep = "1d"', "nightly.keep: 1d is too short"),
        ("[nightly]\nreport_max_mb = 0", "nightly.report_max_mb: '0' is no number from 1 on"),
        ("[nightly]\nfiles = 7", "nightly.files: 7 is no list of texts"),
        ('[nightly]\nreport = "link"', "report_dir says where reports are written"),
        ('[mail]\nto = ["ops"]', "mail.to: 'ops' is no mail address"),
        ('[mail]\nto = ["équipe@example.org"]', "is no mail address"),
        ('[mail]\nurl = "resend://re_Secret"', "mail.url holds a secret, which has no place here: set LOGSCAN_MAIL_URL"),
        ('[mail]\nurl_file = "gone"', "'gone' cannot be read"),
        ("[nightly\n", "this is no TOML"),
    ],
)
def test_settings_mistakes_are_told_with_their_place(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as told:
        read(text)
    assert "re_Secret" not in str(told.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp+plain://mail.example.org:25", "is for this machine only"),
        ("smtp://", "no host in it"),
        ("smtp://user@mail.example.org", "user and password go together"),
        ("resend://", "wants the API key"),
        ("resend://re_Secret?endpoint=http://api.example.org", "plain http would show secrets"),
        ("http://hooks.example.org/re_Secret", "plain http would show secrets"),
        ("ftp://re_Secret@x", "it takes smtp://"),
        ("smtp://user:re_Secret@host:99999", "this is no address"),
    ],
)
def test_settings_addresses_that_cannot_be_are_refused_without_being_shown(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)) as told:
        read(LOGSCAN_MAIL_URL=url)
    assert "re_Secret" not in str(told.value)


def test_settings_hold_no_secret_in_their_repr() -> None:
    settings = read(LOGSCAN_MAIL_URL=f"resend://{KEY}", LOGSCAN_MAIL_WEBHOOK="https://hooks.slack.com/services/T0/B0/XYZ")
    assert KEY not in repr(settings)
    assert "XYZ" not in repr(settings)


def test_settings_url_from_a_file() -> None:
    Path("url").write_text(f"resend://{KEY}\n", encoding="utf-8")
    settings = read('[mail]\nurl_file = "url"')
    assert settings.mail is not None
    assert (settings.mail.kind, settings.mail.secret, settings.mail.url) == ("resend", KEY, "https://api.resend.com")


def test_settings_history_lies_on_railways_volume() -> None:
    assert default_history({"RAILWAY_VOLUME_MOUNT_PATH": "/data"}) == Path("/data/logscan/history.sqlite")
    assert default_history({}).parts[-2:] == ("logscan", "history.sqlite")


# init


def test_init_writes_a_file_that_changes_nothing_until_it_is_edited(logscan: Logscan, tmp_path: Path) -> None:
    assert logscan("nightly", "init").code == 0
    text = (tmp_path / "logscan.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {"nightly": {}, "railway": {}, "database": {}, "images": {}, "mail": {}}
    done = logscan("nightly", "init")
    assert (done.code, "--force" in done.err) == (2, True)


def test_init_file_is_right_once_every_line_counts() -> None:
    text = re.sub(r"(?m)^#(?=[a-z_]+ = )", "", template())
    held_in = {
        "/run/secrets/mail-url": "smtps://mail.example.org", "/run/secrets/webhook-url": "https://hooks.slack.com/x",
        "/run/secrets/database-url": "postgresql://me@db.example.org/mascots",
    }  # fmt: skip
    for name, held in held_in.items():
        path = Path(name).name
        Path(path).write_text(held, encoding="utf-8")
        text = text.replace(name, path)
    settings = read(text)
    assert len(settings.origins) == len([it for it in OPTIONS if not it.secret])
    assert settings.sender is not None
    assert settings.sender.to == ("ops@example.org", "team@example.org")
    # What is shown as the default is the default.
    plain = read()
    for option in OPTIONS:
        if option.example is None and not option.secret and option.section == "nightly":
            assert getattr(settings, option.field) == getattr(plain, option.field), option.field


# check


def test_check_tries_every_part(logscan: Logscan, railway: Railway, mailbox: Mailbox) -> None:
    done = logscan("nightly", "check", "--now", "2026-11-23T03:00:00Z")
    assert done.code == 0, done.out
    lines = {line.split()[1]: line for line in done.out.splitlines()}
    assert list(lines) == ["settings", "rules", "log", "history", "window", "mail"]
    assert all(line.startswith("✔") for line in lines.values())
    assert "production" in lines["log"]
    assert "2026-11-22T02:59:30Z to 2026-11-23T02:59:30Z" in lines["window"]
    assert "to ops@example.org" in lines["mail"]
    assert mailbox.mails == []


def test_check_tells_every_part_that_does_not_work(logscan: Logscan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_URL", "smtp+plain://127.0.0.1:1")
    monkeypatch.setenv("LOGSCAN_MAIL_FROM", "a@example.org")
    monkeypatch.setenv("LOGSCAN_MAIL_TO", "b@example.org")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "history.sqlite").write_bytes(b"no history" * 999)
    done = logscan("nightly", "check", "gone.log", "--rules", "gone")
    assert done.code == 3
    marks = {line.split()[1]: line[0] for line in done.out.splitlines() if line[0] in "✔✖"}
    assert marks == {"settings": "✔", "rules": "✖", "log": "✖", "history": "✖", "window": "✔", "mail": "✖"}


def test_check_knows_a_resend_key_without_sending(logscan: Logscan, api: Api, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_URL", f"resend://{KEY}?endpoint={api.url}")
    monkeypatch.setenv("LOGSCAN_MAIL_WEBHOOK", f"{api.url}/services/T0/B0/XYZ")
    done = logscan("nightly", "check", LOG)
    assert done.code == 0, done.out
    assert "resend localhost: the key is known" in done.out
    assert (api.sent, api.posts) == ([], [])
    monkeypatch.setenv("LOGSCAN_MAIL_URL", f"resend://wrong?endpoint={api.url}")
    done = logscan("nightly", "check", LOG)
    assert (done.code, "API key is invalid" in done.out) == (3, True)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "nobody would get the mail"),
        ({"LOGSCAN_MAIL_URL": "smtps://x"}, "the mail has no sender and no recipient: set LOGSCAN_MAIL_FROM, LOGSCAN_MAIL_TO"),
        ({"LOGSCAN_MAIL_URL": "https://hooks.slack.com/x"}, "it goes into LOGSCAN_MAIL_WEBHOOK"),
        ({"LOGSCAN_MAIL_WEBHOOK": "smtps://x"}, "a webhook's address begins with https://"),
    ],
)
def test_run_without_anybody_to_tell_is_wrong_usage(
    environment: dict[str, str], said: str, logscan: Logscan, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = logscan("nightly", "run", LOG)
    assert done.code == 2
    assert said in done.err


def test_run_takes_its_options_from_a_file_too(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    Path("logscan.toml").write_text(f'[nightly]\nfiles = ["{LOG.as_posix()}"]\nlang = "fr"\nreport = "none"\n', encoding="utf-8")
    assert logscan("nightly", "run", "--now", "2026-11-23T03:00:00Z").code == 1
    (mail,) = mailbox.mails
    assert "en échec" in mail["Subject"]
    assert list(mail.iter_attachments()) == []


def test_run_links_the_report(logscan: Logscan, mailbox: Mailbox, tmp_path: Path) -> None:
    text = '[nightly]\nreport = "link"\nreport_dir = "."\nreport_link = "https://logs.example.org/{night}.html"\n'
    Path("mine.toml").write_text(text, encoding="utf-8")
    assert logscan("nightly", "run", LOG, "--config", "mine.toml", "--now", "2026-11-23T03:00:00Z").code == 1
    (mail,) = mailbox.mails
    assert "https://logs.example.org/2026-11-23.html" in str(mail.get_body(("plain",)))
    assert "google-quota" in Path("2026-11-23.html").read_text(encoding="utf-8")
