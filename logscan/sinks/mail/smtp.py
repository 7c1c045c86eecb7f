"""Mail over SMTP, encrypted unless it stays on this machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from logscan.errors import SendError
from logscan.railway.client import trust
from logscan.sinks.mail.address import Address
from logscan.sinks.mail.message import Message, mailbox
from logscan.sinks.mail.seam import Delivery
from logscan.visible import visible

# Answers from here on stay as they are, however often one tries (RFC 5321, 4.2.1).
_FINAL: Final = 500
_REFUSED: Final[dict[type[Exception], str]] = {
    smtplib.SMTPAuthenticationError: "the login is refused: ",
    smtplib.SMTPSenderRefused: "the sender is refused: ",
}


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server."""

    address: Address
    timeout: float = 30.0

    def probe(self) -> str:
        """Connect, encrypt, log in."""
        with self._session() as session, self._told():
            session.noop()
        login = f", login of {self.address.user} taken" if self.address.user else ""
        return f"{self.address.shown} answers{'' if self.address.kind == 'smtp+plain' else ', encrypted'}{login}"

    def send(self, message: Message) -> Delivery:
        """One mail to all; who was refused is told apart."""
        sender = mailbox("from", str(message.parts()["From"])).addr_spec
        to = {mailbox("to", it).addr_spec: it for it in message.to}
        with self._session() as session:
            try:
                refused = session.sendmail(sender, list(to), message.data)
            except smtplib.SMTPRecipientsRefused as error:
                said = {to[name]: answer for name, answer in error.recipients.items()}
                text = "; ".join(f"{name}: {self._said(*answer)}" for name, answer in said.items())
                # As long as one of them may be tried again, the mail is not lost.
                raise SendError(f"no recipient was taken: {text}", passing=any(code < _FINAL for code, _ in said.values())) from error
            except (smtplib.SMTPException, OSError) as error:
                raise self._error(error) from error
            with suppress(smtplib.SMTPException, OSError):
                # The mail is taken, whatever becomes of the farewell.
                session.quit()
        answers = {to[name]: answer for name, answer in refused.items()}
        return Delivery(
            {name: self._said(*it) for name, it in answers.items() if it[0] < _FINAL},
            {name: self._said(*it) for name, it in answers.items() if it[0] >= _FINAL},
        )

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        address = self.address
        with self._told():
            if address.kind == "smtps":
                session: smtplib.SMTP = smtplib.SMTP_SSL(address.host, address.port, timeout=self.timeout, context=trust())
            else:
                session = smtplib.SMTP(address.host, address.port, timeout=self.timeout)
        try:
            with self._told():
                if address.kind == "smtp":
                    session.starttls(context=trust())
                session.ehlo_or_helo_if_needed()
                if address.user is not None and address.secret is not None:
                    session.login(address.user, address.secret)
            yield session
        finally:
            session.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> SendError:
        """What went wrong, and whether it may pass."""
        where = self.address.shown
        if isinstance(error, ssl.SSLCertVerificationError):
            return SendError(
                f"{where}: its certificate is not trusted: {error.verify_message} (LOGSCAN_CA_FILE names a file with the one to trust)"
            )
        if isinstance(error, ssl.SSLError):
            return SendError(f"{where}: no encryption can be agreed on: smtp:// begins in plain text, smtps:// is for ports that do not")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return SendError(f"{where}: {visible(str(error))}")
        if isinstance(error, smtplib.SMTPResponseException):
            what = _REFUSED.get(type(error), "")
            return SendError(f"{where}: {what}{self._said(error.smtp_code, error.smtp_error)}", passing=error.smtp_code < _FINAL)
        why = "no answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
        return SendError(f"{where}: no connection, or it broke off: {visible(self.address.scrub(str(why)))}", passing=True)

    def _said(self, code: int, text: bytes | str) -> str:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return self.address.scrub(visible(f"{code} {' '.join(said.split())}"))
