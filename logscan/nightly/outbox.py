"""Sending what is in the outbox: tonight's mail, and those that could not be sent before; each once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from logscan.errors import LogscanError, SendError
from logscan.history import History, HistoryError, Mail
from logscan.nightly.settings import Settings
from logscan.sinks.mail import Delivery, Message, Transport, transport
from logscan.times import SECOND

# Seconds before the next try where a fault may pass.
PAUSES: Final = (2.0, 8.0, 30.0)
_LONGEST_PAUSE: Final = 60.0
# After so many days a mail that nobody takes is given up.
_OLDEST: Final = 7 * 86400 * SECOND


def deliver(history: History, settings: Settings, now: int, tell: Callable[[str], None]) -> bool:
    """Send all that is to be sent, the oldest first; whether all of it was taken."""
    taken = True
    for mail in history.unsent():
        channel, address = mail.letter.channel, settings.mail if mail.letter.channel == "mail" else settings.webhook
        if address is None:
            tell(f"the {channel} of night {mail.night} is still to be sent, but no address is set for it")
            taken = False
            continue
        try:
            taken &= _delivered(history, transport(address), mail, now, tell)
        except HistoryError:
            raise
        except LogscanError as error:
            taken = False
            if mail.made_at < now - _OLDEST:
                history.given_up(mail, str(error))
                tell(f"the {channel} of night {mail.night} was not taken for a week, and is given up: {error}")
            else:
                history.postponed(mail, mail.pending, str(error))
                tell(f"the {channel} of night {mail.night} was not sent: {error}; the next run tries again")
    return taken


def _delivered(history: History, way: Transport, mail: Mail, now: int, tell: Callable[[str], None]) -> bool:
    """Hand one mail over; whether everybody got it. Raises SendError, HistoryError."""
    try:
        history.sending(mail)
    except HistoryError as error:
        # Better the same mail once more, under the same id, than none.
        tell(str(error))
    delivery = _tried(way, Message(mail.letter.body, mail.pending, mail.letter.message_id.strip("<>")), tell)
    for who, why in (*delivery.refused.items(), *delivery.later.items()):
        tell(f"the mail of night {mail.night} was not taken for {who}: {why}")
    if delivery.later:
        history.postponed(mail, tuple(delivery.later), "; ".join(delivery.later.values()))
        return False
    refused = "; ".join(f"{who}: {why}" for who, why in delivery.refused.items())
    history.sent(mail, now, refused or None)
    tell(f"the {mail.letter.channel} of night {mail.night} is sent: {mail.letter.subject}")
    return not delivery.refused


def _tried(way: Transport, message: Message, tell: Callable[[str], None]) -> Delivery:
    """Try again while the fault may pass. Raises SendError."""
    for pause in PAUSES:
        try:
            return way.send(message)
        except SendError as error:
            if not error.passing:
                raise
            seconds = min(max(pause, error.after or 0), _LONGEST_PAUSE)
            tell(f"{error}; the next try is in {seconds:.0f} s")
            time.sleep(seconds)
    return way.send(message)
