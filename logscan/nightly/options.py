"""Every setting of the nightly run, in one table: from it come the file's keys, the environment's names and `nightly init`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "texts", "time", "flag", "number", "choice", "path", "paths"]


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `section.key` in the file, LOGSCAN_SECTION_KEY in the environment (or `variable`, where it has another name)."""

    section: str
    key: str
    kind: Kind
    default: str | int | bool | None
    about: str
    example: str | None = None
    choices: tuple[str, ...] = ()
    variable: str | None = None
    # Secrets have no place in a file that is shared: the environment, or a file of their own.
    secret: bool = False

    @property
    def name(self) -> str:
        """The name in the environment."""
        return self.variable or f"LOGSCAN_{self.section}_{self.key}".upper()

    @property
    def field(self) -> str:
        """The name in `Settings`."""
        return self.key if self.section == "nightly" else f"{self.section}_{self.key}"


ABOUT: Final = {
    "nightly": "What is read, when a mail is sent, and what is kept.",
    "railway": "Which log is pulled. The token stands in RAILWAY_TOKEN, or in token_file.",
    "database": "The mascots table, read beside the logs (logscan scan --db). A URL with a password: LOGSCAN_DATABASE_URL, or a file that holds it.",
    "images": "Whether image addresses answer (logscan scan --check-urls).",
    "mail": "Where the mail goes. Its URL holds a password or key: set LOGSCAN_MAIL_URL, or name a file that holds the URL.",
}
OPTIONS: Final = (
    Option("nightly", "files", "texts", None, "Logs to read instead of pulling from Railway: files, folders, globs.", '["/var/log/mascots/*.log"]'),
    Option("nightly", "history", "path", None, "The history's file (default: on the Railway volume, else in your data folder).", '"/data/logscan/history.sqlite"'),
    Option("nightly", "lang", "choice", "en", "Language of mail and report.", choices=("en", "fr")),
    Option("nightly", "send", "choice", "always", "always; on-change: only if the verdict, a cause or a number changed; on-problem: only if something is wrong. The latter two write once a week in any case.", choices=("always", "on-change", "on-problem")),
    Option("nightly", "window", "time", "24h", "How far back the very first night looks."),
    Option("nightly", "catch_up", "time", "7d", "How far back a run makes up for missed nights: for how long Railway keeps logs (Hobby 7d, Pro 30d)."),
    Option("nightly", "keep", "time", "400d", "How long nights stay in the history."),
    Option("nightly", "time_limit", "time", "30m", "When a run gives up, at the latest; it then says so by mail."),
    Option("nightly", "check", "flag", False, "Look at Railway's services and variables, too (logscan check)."),
    Option("nightly", "rules", "texts", None, "Folders with more rules.", '["rules"]'),
    Option("nightly", "report", "choice", "attach", "attach: the full report comes with the mail; link: it is written into report_dir, and the mail links to it; none.", choices=("attach", "link", "none")),
    Option("nightly", "report_dir", "path", None, "Where linked reports are written, as NIGHT.html.", '"/srv/reports"'),
    Option("nightly", "report_link", "text", None, "Their address; {night} stands for the date.", '"https://logs.example.org/reports/{night}.html"'),
    Option("nightly", "report_max_mb", "number", 5, "Largest size of the report, in MB."),
    Option("railway", "project", "text", None, "Name or id (default: the token's).", '"mascots"'),
    Option("railway", "environment", "text", None, "Name or id (default: the token's, else production).", '"production"'),
    Option("railway", "services", "texts", None, "Only these (default: all that write logs).", '["backend", "worker"]'),
    Option("railway", "token_file", "path", None, "A file with the token.", '"/run/secrets/railway-token"'),
    Option("railway", "max_requests", "number", 1000, "How many requests to send at most."),
    Option("railway", "http", "flag", False, "HTTP requests for images, too."),
    Option("database", "url", "text", None, "postgresql://user:password@host:5432/name, or an SQLite file.", secret=True),
    Option("database", "url_file", "path", None, "A file with that URL.", '"/run/secrets/database-url"'),
    Option("database", "table", "text", "mascots", "Its table, with a schema or without."),
    Option("database", "columns", "text", None, "How its columns are called: id, name, status, image, avatar, batch, created.", '"status=state,image=url"'),
    Option("database", "timeout", "time", "30s", "Longest that one of its queries may take."),
    Option("images", "check_urls", "number", None, "Ask for a sample of so many (default: none is asked).", "20"),
    Option("images", "allow_private", "texts", None, "Private networks that may be asked, too.", '["10.0.0.0/8"]'),
    Option("mail", "from", "text", None, "Who sends.", '"logscan <logscan@example.org>"'),
    Option("mail", "to", "texts", None, "Who gets it.", '["ops@example.org", "team@example.org"]'),
    Option("mail", "reply_to", "texts", None, "Where answers go.", '["ops@example.org"]'),
    Option("mail", "url", "text", None, "smtp://user:password@host:587, smtps://…, smtp+plain://127.0.0.1:25, resend://KEY.", secret=True),
    Option("mail", "url_file", "path", None, "A file with that URL.", '"/run/secrets/mail-url"'),
    Option("mail", "webhook", "text", None, "Where a short text goes besides: a webhook's URL (Slack, Discord).", secret=True),
    Option("mail", "webhook_file", "path", None, "A file with that URL.", '"/run/secrets/webhook-url"'),
)  # fmt: skip


def template() -> str:
    """The commented file that `nightly init` writes."""
    out = [
        "# logscan nightly: settings. Every line that is commented out shows the default, or an example.",
        "# The environment outranks this file: LOGSCAN_NIGHTLY_SEND=on-problem, LOGSCAN_MAIL_TO=ops@example.org.",
        "# `logscan nightly check` tries them all without sending a mail.",
    ]
    for section, about in ABOUT.items():
        out += ["", f"# {about}", f"[{section}]"]
        for option in OPTIONS:
            if option.section == section:
                out += _entry(option)
    return "\n".join(out) + "\n"


def _entry(option: Option) -> list[str]:
    if option.secret:
        return [f"# {option.about} Not here: {option.name} in the environment."]
    example = option.example
    if example is None:
        default = option.default
        example = str(default).lower() if isinstance(default, bool) else str(default) if isinstance(default, int) else f'"{default}"'
    return [f"# {option.about}", f"#{option.key} = {example}"]
