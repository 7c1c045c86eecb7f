"""From a letter's parts to the bytes that are kept in the outbox, and back."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

import msgspec

from logscan.errors import UsageError
from logscan.times import SECOND, from_seconds

_POLICY: Final = email.policy.SMTP
_LONGEST: Final = 3900
_HEADER: Final = 400


@dataclass(frozen=True, slots=True)
class Sender:
    """From whom, to whom, and where answers go."""

    sender: str
    to: tuple[str, ...]
    reply_to: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """Of the sender's address: the right side of Message-IDs."""
        return mailbox("from", self.sender).domain


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: the mail's bytes, who gets it, and the key under which the receiver knows a repetition."""

    data: bytes
    to: tuple[str, ...]
    key: str

    def parts(self) -> EmailMessage:
        """The mail taken apart."""
        found = email.message_from_bytes(self.data, policy=email.policy.default)
        assert isinstance(found, EmailMessage)  # noqa: S101  # that policy makes no other
        return found


def mailbox(name: str, text: str) -> Address:
    """`ops@example.org` or `Ops <ops@example.org>`. Raises UsageError."""
    shown, bracket, rest = text.strip().partition("<")
    spec = rest.removesuffix(">") if bracket else shown
    try:
        found = Address(display_name=shown.strip().strip('"') if bracket else "", addr_spec=spec.strip())
    except (ValueError, IndexError, email.errors.MessageError) as error:
        raise UsageError(f"{name}: '{text}' is no mail address such as ops@example.org") from error
    if not found.username or not found.domain or not found.addr_spec.isascii() or any(ord(char) < 32 for char in text):  # noqa: PLR2004  # control characters
        raise UsageError(f"{name}: '{text}' is no mail address such as ops@example.org")
    return found


def compose(
    sender: Sender, *, subject: str, text: str, html: str, message_id: str, now: int, report: tuple[str, str] | None = None
) -> bytes:
    """The mail: text and HTML as alternatives, the `report` (name, page) attached."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = mailbox("from", sender.sender)
    message["To"] = [mailbox("to", it) for it in sender.to]
    if sender.reply_to:
        message["Reply-To"] = [mailbox("reply_to", it) for it in sender.reply_to]
    message["Subject"] = subject
    message["Date"] = format_datetime(from_seconds(now // SECOND))
    message["Message-ID"] = message_id
    # No holiday answers, please (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if report is not None:
        name, page = report
        message.add_attachment(page.encode(), maintype="text", subtype="html", filename=name, params={"charset": "utf-8"})
    # Longer lines than usual for headers: Python folds a subject of 78 characters at its very beginning, where readers
    # would show a blank. What needs encoding is folded by the standard's own measure.
    return message.as_bytes(policy=_POLICY.clone(max_line_length=_HEADER)) if subject.isascii() else message.as_bytes()


def webhook_body(kind: str, text: str) -> dict[str, Any]:
    """What Slack, or Discord, takes as a message. Log text in it mentions nobody and links nowhere."""
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    if kind == "discord":
        # Discord takes 2000 characters.
        short = cut if len(cut) <= 1990 else cut[:1989] + "…"  # noqa: PLR2004
        return {"content": _plain(short, "\\`*_~|>#[]()<"), "allowed_mentions": {"parse": []}}
    return {"text": cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), "mrkdwn": False}


def _plain(text: str, marks: str) -> str:
    escaped = "".join(f"\\{char}" if char in marks else char for char in text)
    return escaped if len(escaped) <= 2000 else _plain(text[: len(text) * 9 // 10], marks)  # noqa: PLR2004


def resend_body(message: Message) -> bytes:
    """A mail as Resend takes it."""
    mail = message.parts()
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    kept = {name: str(mail[name]) for name in ("Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress")}
    body: dict[str, Any] = {
        "from": str(mail["From"]), "to": list(message.to), "subject": str(mail["Subject"]), "headers": kept,
        "text": text.get_content() if text else "", "html": html.get_content() if html else "",
        "attachments": [_attached(part) for part in mail.iter_attachments()],
    }  # fmt: skip
    if mail["Reply-To"]:
        body["reply_to"] = _mailboxes(mail["Reply-To"].addresses)
    return msgspec.json.encode(body)


def _attached(part: Any) -> dict[str, Any]:
    return {"filename": part.get_filename(), "content": part.get_payload(decode=True), "content_type": part.get_content_type()}


def _mailboxes(addresses: Sequence[Any]) -> list[str]:
    return [str(it) for it in addresses]
