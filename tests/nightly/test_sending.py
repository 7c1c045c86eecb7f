"""Ways out: SMTP with TLS and login, Resend over HTTPS, webhooks; what passes, what does not, and the outbox."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from logscan.history import open_history
from tests.cli.conftest import Ended, Logscan, log
from tests.nightly.driver import Kill, played
from tests.nightly.servers import KEY, PASSWORD, USER, Api, Certificates, Mailbox, mail_server

LOG = log("quota-cli-plain")
NIGHTS = [f"2026-11-{day}T03:00:00Z" for day in range(23, 30)]
SUBJECT = "logscan: 2 of 3 mascots failed"
Run = Callable[..., Ended]


@pytest.fixture
def run(logscan: Logscan, monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(night: int = 0, *options: str) -> Ended:
        monkeypatch.setenv("LOGSCAN_MAIL_FROM", "logscan <logscan@example.org>")
        monkeypatch.setenv("LOGSCAN_MAIL_TO", "ops@example.org, Équipe <team@example.org>")
        return logscan("nightly", "run", LOG, "--now", NIGHTS[night], "--exit-zero", *options)

    return call


def error_of(tmp_path: Path) -> tuple[str | None, str]:
    with open_history(tmp_path / "data" / "history.sqlite") as history:
        (mail, *_) = history.unsent()
        return mail.error, mail.state


# SMTP


def test_smtp_with_starttls_and_login(run: Run, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(certificates.file))
    monkeypatch.setenv("LOGSCAN_MAIL_REPLY_TO", "dev@example.org")
    with mail_server(Mailbox(), certificates, login=True) as server:
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtp://{USER.replace('@', '%40')}:{'s3cret%2Fpass%40word'}@localhost:{server.port}")
        assert run().code == 0
        assert server.logins == [USER]
        assert server.envelopes == [["ops@example.org", "team@example.org"]]
        (mail,) = server.mails
    assert (mail["Subject"], mail["Reply-To"], mail["To"]) == (SUBJECT, "dev@example.org", "ops@example.org, Équipe <team@example.org>")
    assert all(len(line) < 998 for line in mail.as_bytes().splitlines())


def test_smtps_with_login(run: Run, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(certificates.file))
    with mail_server(Mailbox(), certificates, tls_at_once=True) as server:
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtps://localhost:{server.port}")
        assert run().code == 0
        assert len(server.mails) == 1


@pytest.mark.parametrize("kind", ["smtp", "smtps"])
def test_smtp_refuses_a_certificate_that_is_not_trusted(
    kind: str, run: Run, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server(Mailbox(), certificates, tls_at_once=kind == "smtps", login=kind == "smtp") as server:
        monkeypatch.setenv(
            "LOGSCAN_MAIL_URL",
            f"{kind}://{USER.replace('@', '%40')}:{PASSWORD.replace('/', '%2F').replace('@', '%40')}@localhost:{server.port}",
        )
        done = run()
        assert done.code == 3
        assert "its certificate is not trusted" in done.err
        assert "LOGSCAN_CA_FILE" in done.err
        assert (server.mails, server.logins) == ([], [])


def test_smtp_never_goes_on_without_encryption(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(Mailbox()) as server:
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtp://localhost:{server.port}")
        done = run()
        assert done.code == 3
        assert "STARTTLS" in done.err
        assert server.mails == []


def test_smtp_login_refused_is_told_and_not_tried_again(
    run: Run, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float], tmp_path: Path
) -> None:
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(certificates.file))
    with mail_server(Mailbox(), certificates, login=True) as server:
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtp://{USER.replace('@', '%40')}:wrong@localhost:{server.port}")
        done = run()
        assert done.code == 3
        assert "the login is refused: 535" in done.err
        assert "wrong@" not in done.err
        assert no_waiting == []
        assert error_of(tmp_path)[1] == "rendered"
        # The next night both go out, each once.
        monkeypatch.setenv("LOGSCAN_MAIL_URL", f"smtp://{USER.replace('@', '%40')}:s3cret%2Fpass%40word@localhost:{server.port}")
        assert run(1).code == 0
        assert [it.split(".")[1] for it in server.ids] == ["2026-11-23", "2026-11-24"]
        assert run(2).code == 0
        assert len(server.mails) == 3


def test_smtp_fault_that_passes_is_tried_again(run: Run, mailbox: Mailbox, no_waiting: list[float]) -> None:
    mailbox.answers.extend(["451 4.3.0 try later", "421 4.3.2 closing"])
    assert run().code == 0
    assert len(mailbox.mails) == 1
    assert no_waiting == [2.0, 8.0]


def test_smtp_refusal_is_told_and_not_tried_again(run: Run, mailbox: Mailbox, no_waiting: list[float], tmp_path: Path) -> None:
    mailbox.answers.append("554 5.7.1 rejected as spam")
    done = run()
    assert done.code == 3
    assert "554 5.7.1 rejected as spam; the next run tries again" in done.err
    assert no_waiting == []
    assert run(0).code == 0
    assert len(mailbox.mails) == 1


def test_smtp_recipients_get_it_once_each(run: Run, mailbox: Mailbox) -> None:
    """One is refused for the moment: only that one gets it from the next run."""
    mailbox.refuse["team@example.org"] = "450 4.2.0 greylisted"
    done = run()
    assert done.code == 3
    assert "not taken for Équipe <team@example.org>: 450" in done.err
    assert mailbox.envelopes == [["ops@example.org"]]
    mailbox.refuse.clear()
    assert run().code == 0
    assert mailbox.envelopes == [["ops@example.org"], ["team@example.org"]]
    assert len(set(mailbox.ids)) == 1


def test_smtp_recipient_that_does_not_exist_is_told(run: Run, mailbox: Mailbox, no_waiting: list[float]) -> None:
    mailbox.refuse["team@example.org"] = "550 5.1.1 no such user"
    done = run()
    assert done.code == 3
    assert "550 5.1.1 no such user" in done.err
    assert run().code == 0
    assert mailbox.envelopes == [["ops@example.org"]]


def test_smtp_answer_that_is_lost_sends_the_same_mail_again(run: Run, mailbox: Mailbox) -> None:
    mailbox.answers.append("take-and-die")
    assert run().code == 0
    assert len(mailbox.mails) == 2
    assert len(set(mailbox.ids)) == 1


def test_outbox_gives_a_mail_up_after_a_week(run: Run, mailbox: Mailbox, logscan: Logscan) -> None:
    mailbox.answers.append("554 no")
    assert run().code == 3
    mailbox.answers.append("554 no")
    done = logscan("nightly", "run", LOG, "--now", "2026-12-05T03:00:00Z", "--exit-zero")
    assert done.code == 3
    assert "not taken for a week, and is given up" in done.err
    assert [it.split(".")[1] for it in mailbox.ids] == ["2026-12-05"]
    assert "given-up" in logscan("history", "list").out


def test_server_that_is_away_keeps_the_mail(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_URL", "smtp+plain://127.0.0.1:1")
    done = run()
    assert done.code == 3
    error, state = error_of(tmp_path)
    assert (error or "").startswith("smtp+plain 127.0.0.1:1: no connection, or it broke off: ")
    assert state == "rendered"


# Resend


@pytest.fixture
def resend(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("LOGSCAN_MAIL_URL", f"resend://{KEY}?endpoint={api.url}")
    return api


def test_resend_takes_the_whole_mail(run: Run, resend: Api, tmp_path: Path) -> None:
    assert run().code == 0
    (sent,) = resend.sent
    assert (sent["from"], sent["to"]) == ("logscan <logscan@example.org>", ["ops@example.org", "Équipe <team@example.org>"])
    assert sent["subject"] == SUBJECT
    assert sent["headers"]["Auto-Submitted"] == "auto-generated"
    assert "google-quota" in sent["text"]
    assert "<table" in sent["html"]
    (report,) = sent["attachments"]
    assert report["filename"] == "logscan-2026-11-23.html"
    assert b"google-quota" in base64.b64decode(report["content"])
    assert list(resend.keys) == [sent["headers"]["Message-ID"].strip("<>")]


def test_resend_knows_a_repetition_by_its_key(run: Run, resend: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_NIGHTLY_HISTORY", str(tmp_path / "data" / "history.sqlite"))
    monkeypatch.setenv("LOGSCAN_MAIL_FROM", "logscan <logscan@example.org>")
    monkeypatch.setenv("LOGSCAN_MAIL_TO", "ops@example.org, Équipe <team@example.org>")
    assert played(tmp_path, "nightly", "run", str(LOG), "--now", NIGHTS[0], kill=Kill("post", "after")) == -9
    assert run().code == 0
    posts = [it for it in resend.headers if "idempotency-key" in it]
    assert len(posts) == 2
    assert len(resend.sent) == 1


def test_resend_faults_that_pass_are_tried_again(run: Run, resend: Api, no_waiting: list[float]) -> None:
    resend.answers.extend([(429, {}, {"retry-after": "11"}), (503, {}, {}), (409, {"name": "concurrent_idempotent_requests"}, {})])
    assert run().code == 0
    assert len(resend.sent) == 1
    assert no_waiting == [11.0, 8.0, 30.0]


def test_resend_refusals_are_told(run: Run, resend: Api, no_waiting: list[float]) -> None:
    resend.answers.append((403, {"name": "validation_error", "message": "The example.org domain is not verified"}, {}))
    done = run()
    assert done.code == 3
    assert "HTTP 403 validation_error: The example.org domain is not verified" in done.err
    assert no_waiting == []


def test_resend_wrong_key_is_told_and_not_shown(run: Run, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_URL", f"resend://re_SomeOtherKey?endpoint={api.url}")
    done = run()
    assert done.code == 3
    assert "API key is invalid" in done.err
    assert "re_SomeOtherKey" not in done.err


def test_resend_wants_a_certificate_that_is_trusted(run: Run, resend: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSCAN_CA_FILE")
    done = run()
    assert done.code == 3
    assert "certificate is not trusted" in done.err
    assert resend.headers == []


# Webhooks


def test_webhook_gets_the_news_beside_the_mail(run: Run, api: Api, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_WEBHOOK", f"{api.url}/services/T0/B0/XYZ")
    assert run().code == 0
    assert run().code == 0
    assert len(mailbox.mails) == 1
    (post,) = api.posts
    assert post["text"].startswith(f"{SUBJECT}\n2 mascots could not be generated")
    assert "• Google quota or rate limit reached (429): 2 mascots" in post["text"]


def test_webhook_alone_is_enough(logscan: Logscan, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_WEBHOOK", f"{api.url}/api/webhooks/1/XYZ")
    assert logscan("nightly", "run", LOG, "--now", NIGHTS[0], "--exit-zero").code == 0
    (post,) = api.posts
    assert post["allowed_mentions"] == {"parse": []}
    assert post["content"].startswith(SUBJECT)
    assert len(post["content"]) <= 2000


def test_webhook_that_fails_is_tried_by_the_next_run_without_a_second_mail(
    run: Run, api: Api, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGSCAN_MAIL_WEBHOOK", f"{api.url}/services/T0/B0/XYZ")
    api.answers.append((404, {}, {}))
    done = run()
    assert done.code == 3
    assert "slack localhost: HTTP 404" in done.err
    assert run().code == 0
    assert (len(api.posts), len(mailbox.mails)) == (1, 1)
