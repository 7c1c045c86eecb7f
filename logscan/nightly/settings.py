"""The settings of a run, from the command line, the environment and a TOML file: the first that names a thing wins."""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from platformdirs import user_data_path

from logscan.errors import UsageError
from logscan.nightly.night import Rules
from logscan.nightly.options import ABOUT, OPTIONS, Option
from logscan.rulebook.schema import Language
from logscan.sinks.mail import Address, Sender, parse_address
from logscan.sinks.mail.message import mailbox
from logscan.times import MINUTE, SECOND, parse_duration
from logscan.visible import visible

DEFAULT_FILE: Final = Path("logscan.toml")
_ON: Final = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}
_LEAST: Final = {"window": MINUTE, "catch_up": 60 * MINUTE, "keep": 14 * 1440 * MINUTE, "time_limit": MINUTE // 60, "timeout": MINUTE // 60}
_LONGEST_SECRET: Final = 8192


@dataclass(frozen=True, slots=True)
class Settings:
    """Times in nanoseconds. `mail` and `webhook` are where to send; `origins` says of each field where it came from."""

    files: tuple[str, ...]
    history: Path
    lang: Language
    send: str
    window: int
    catch_up: int
    keep: int
    time_limit: int
    check: bool
    rules: tuple[str, ...]
    report: str
    report_dir: Path | None
    report_link: str | None
    report_max_mb: int
    railway: Mapping[str, Any]
    database: Mapping[str, Any] = dataclasses.field(repr=False)
    images: Mapping[str, Any]
    sender: Sender | None
    mail: Address | None
    webhook: Address | None
    origins: Mapping[str, str]

    @property
    def reach(self) -> Rules:
        """How far windows go."""
        return Rules(self.window, self.catch_up, bool(self.files))


def read_settings(given: Mapping[str, Any], environment: Mapping[str, str], file: Path | None) -> Settings:
    """The settings. `given` are options of the command line by field. Raises UsageError that says where the mistake stands."""
    path = file or (Path(named) if (named := environment.get("LOGSCAN_NIGHTLY_CONFIG")) else None)
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    table = _table(path) if path is not None else {}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for option in OPTIONS:
        raw, origin = _found(option, given, environment, table, path)
        if raw is not None:
            values[option.field], origins[option.field] = _value(option, raw, origin), origin
        elif option.default is not None:
            values[option.field] = _value(option, option.default, option.key)
    return _settings(values, origins, environment)


def _found(
    option: Option, given: Mapping[str, Any], environment: Mapping[str, str], table: Mapping[str, Mapping[str, Any]], path: Path | None
) -> tuple[Any, str]:
    if given.get(option.field) not in (None, ()):
        return given[option.field], f"--{option.key.replace('_', '-')}"
    if environment.get(option.name):
        return environment[option.name], option.name
    return table.get(option.section, {}).get(option.key), f"{path}: {option.section}.{option.key}"


def _table(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The file's sections, all of whose keys are known. Raises UsageError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: this is no TOML: {error}") from error
    known = {section: [it.key for it in OPTIONS if it.section == section and not it.secret] for section in ABOUT}
    for section, keys in table.items():
        if section not in known or not isinstance(keys, dict):
            raise UsageError(f"{path}: nothing is called '{visible(section)}' here; there are {', '.join(f'[{it}]' for it in known)}")
        for key in keys:
            if any(it.secret for it in OPTIONS if (it.section, it.key) == (section, key)):
                variable = f"LOGSCAN_{section}_{key}".upper()
                raise UsageError(
                    f"{path}: {section}.{key} holds a secret, which has no place here: set {variable}, or name a file in {key}_file"
                )
            if key not in known[section]:
                near = difflib.get_close_matches(key, known[section], 1)
                raise UsageError(
                    f"{path}: [{section}] has no '{visible(key)}'"
                    + (f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(known[section])}")
                )
    return table


def _value(option: Option, raw: Any, origin: str) -> Any:
    """A setting as its kind wants it. Raises UsageError."""
    try:
        return _CONVERT[option.kind](raw, option)
    except KeyError as error:
        raise UsageError(f"{origin}: '{visible(str(raw))}' is neither true nor false") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{origin}: {error}") from error


def _text(raw: Any, _: Option) -> str:
    if not isinstance(raw, str | Path):
        raise TypeError(f"{visible(repr(raw))} is no text")
    return str(raw)


def _texts(raw: Any, option: Option) -> tuple[str, ...]:
    """A list; in the environment, parts at commas (and, but for addresses, at blanks)."""
    if isinstance(raw, str):
        parts = raw.split(",") if option.section == "mail" else raw.replace(",", " ").split()
        return tuple(part.strip() for part in parts if part.strip())
    if not isinstance(raw, list | tuple) or not all(isinstance(it, str) for it in raw):
        raise ValueError(f"{visible(repr(raw))} is no list of texts")
    return tuple(raw)


def _time(raw: Any, option: Option) -> int:
    duration = parse_duration(_text(raw, option))
    if duration < _LEAST[option.key]:
        raise ValueError(f"{raw} is too short")
    return duration


def _flag(raw: Any, _: Option) -> bool:
    return raw if isinstance(raw, bool) else _ON[str(raw).strip().lower()]


def _number(raw: Any, _: Option) -> int:
    text = str(raw).strip()
    if isinstance(raw, bool) or not text.isdecimal() or int(text) < 1:
        raise ValueError(f"'{visible(str(raw))}' is no number from 1 on")
    return int(text)


def _choice(raw: Any, option: Option) -> str:
    if raw not in option.choices:
        raise ValueError(f"'{visible(str(raw))}' is none of {', '.join(option.choices)}")
    return str(raw)


_CONVERT: Final[Mapping[str, Any]] = {
    "text": _text, "texts": _texts, "time": _time, "flag": _flag, "number": _number, "choice": _choice,
    "path": lambda raw, option: Path(_text(raw, option)).expanduser(),
}  # fmt: skip


def _settings(values: Mapping[str, Any], origins: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    get = values.get
    if values["report"] == "link" and not (get("report_dir") and get("report_link")):
        raise UsageError("report = link: report_dir says where reports are written, report_link under which address they are read")
    sender, to = get("mail_from"), get("mail_to") or ()
    reply_to = get("mail_reply_to") or ()
    for field, addresses in (("mail_from", [sender] if sender else []), ("mail_to", to), ("mail_reply_to", reply_to)):
        for address in addresses:
            mailbox(origins[field], address)
    railway = {key: get(f"railway_{key}") for key in ("project", "environment", "token_file", "max_requests", "http")}
    return Settings(
        files=get("files") or (), history=get("history") or default_history(environment), lang=values["lang"], send=values["send"],
        window=values["window"], catch_up=values["catch_up"], keep=values["keep"], time_limit=values["time_limit"], check=values["check"],
        rules=get("rules") or (), report=values["report"], report_dir=get("report_dir"), report_link=get("report_link"),
        report_max_mb=values["report_max_mb"], railway={**railway, "services": get("railway_services") or (), "max_wait": None},
        database={
            "db": _secret(values, origins, "database_url")[1], "db_table": values["database_table"], "db_columns": get("database_columns"),
            "db_timeout": f"{values['database_timeout'] // SECOND}s",
        },
        images={"check_urls": get("images_check_urls") or 0, "allow_private": get("images_allow_private") or (), "save_answers": None},
        sender=Sender(sender, to, reply_to) if sender and to else None,
        mail=_address(values, origins, "mail_url"), webhook=_address(values, origins, "mail_webhook"), origins=origins,
    )  # fmt: skip


def _address(values: Mapping[str, Any], origins: Mapping[str, str], field: str) -> Address | None:
    """Where to send. Raises UsageError."""
    origin, url = _secret(values, origins, field)
    return parse_address(origin, url) if url is not None else None


def _secret(values: Mapping[str, Any], origins: Mapping[str, str], field: str) -> tuple[str, str | None]:
    """A URL that holds a secret, itself or out of the file that holds it, and where it came from. Raises UsageError."""
    if values.get(field):
        return origins[field], values[field]
    path = values.get(f"{field}_file")
    if path is None:
        return field, None
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{origins[f'{field}_file']}: '{path}' cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from error
    if not text or len(text) > _LONGEST_SECRET or "\n" in text:
        raise UsageError(f"{origins[f'{field}_file']}: '{path}' should hold one line, the URL")
    return f"{origins[f'{field}_file']} ({path})", text


def default_history(environment: Mapping[str, str]) -> Path:
    """On the volume that Railway mounted, since nothing else there outlives a run; else in the user's data folder."""
    volume = environment.get("RAILWAY_VOLUME_MOUNT_PATH")
    folder = Path(volume) / "logscan" if volume else user_data_path("logscan")
    return folder / "history.sqlite"


def require_mail(settings: Settings) -> None:
    """Raises UsageError where nobody would get the mail, and says what is missing."""
    if settings.mail is None and settings.webhook is None:
        raise UsageError(
            "nobody would get the mail: set LOGSCAN_MAIL_URL (and LOGSCAN_MAIL_FROM, LOGSCAN_MAIL_TO), or LOGSCAN_MAIL_WEBHOOK; "
            "or try it with --dry-run -o DIR"
        )
    if settings.mail is not None and settings.mail.kind in ("slack", "discord"):
        raise UsageError("LOGSCAN_MAIL_URL: this is a webhook's address: it goes into LOGSCAN_MAIL_WEBHOOK")
    if settings.webhook is not None and settings.webhook.kind not in ("slack", "discord"):
        raise UsageError("LOGSCAN_MAIL_WEBHOOK: a webhook's address begins with https://")
    if settings.mail is not None and settings.sender is None:
        names = {"mail_from": ("sender", "LOGSCAN_MAIL_FROM"), "mail_to": ("recipient", "LOGSCAN_MAIL_TO")}
        missing = [it for field, it in names.items() if field not in settings.origins]
        raise UsageError(f"the mail has no {' and no '.join(what for what, _ in missing)}: set {', '.join(name for _, name in missing)}")
