"""Mail and chat messages on their way out. `transport(url)` gives what takes a message from here.

    smtp://user:pass@host:587        STARTTLS, always: without it nothing is sent
    smtps://user:pass@host:465       TLS from the beginning
    smtp+plain://127.0.0.1:25        neither, on this machine only
    resend://KEY                     Resend's HTTPS API (SMTP is blocked on Railway's smaller plans)
    https://hooks.slack.com/…        a webhook: Slack's form, or Discord's at discord.com

Why not Apprise (2.2, looked at in November 2026): its Resend plugin sends no idempotency key and no headers, HTML or
text but not both, to a fixed address; its calls answer True or False, so that a refusal cannot be told from a fault
that passes; and it brings 7 packages and 14 MB for what are two small POSTs with the client that is here already.
"""

from logscan.sinks.mail.address import Address, parse_address
from logscan.sinks.mail.message import Message, Sender, compose, webhook_body
from logscan.sinks.mail.seam import Delivery, Transport, transport

__all__ = ["Address", "Delivery", "Message", "Sender", "Transport", "compose", "parse_address", "transport", "webhook_body"]
