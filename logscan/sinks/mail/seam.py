"""The seam: whatever takes a message looks like this."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from logscan.sinks.mail.address import Address
from logscan.sinks.mail.message import Message


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message that was taken for some: who may be tried `later`, and who was `refused` for good, with what was said."""

    later: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """Hands messages over. Both methods raise SendError."""

    def send(self, message: Message) -> Delivery:
        """Hand a message over; when this returns, it was taken."""

    def probe(self) -> str:
        """Try everything but the sending; what was tried, in a few words."""


def transport(address: Address, timeout: float = 30.0) -> Transport:
    """What takes messages for an address. `timeout`: seconds that one answer may take."""
    if address.kind in ("smtp", "smtps", "smtp+plain"):
        from logscan.sinks.mail.smtp import Smtp

        return Smtp(address, timeout)
    from logscan.sinks.mail.https import Resend, Webhook

    return Resend(address, timeout) if address.kind == "resend" else Webhook(address, timeout)
