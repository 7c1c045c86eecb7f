"""`logscan serve`: the upload page. What is heavy is imported when it runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_LOOPBACK = "127.0.0.1"


def _several(text: str | None) -> tuple[str, ...]:
    return tuple(part.lower() for part in (text or "").replace(",", " ").split())


@click.command()
@click.option(
    "--host",
    default=_LOOPBACK,
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen. Another than this machine's own needs LOGSCAN_WEB_TOKEN.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    envvar=["LOGSCAN_SERVE_PORT", "PORT"],
    help="0 picks a free one.",
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Where reports lie (default: your data folder)."
)
@click.option("--keep", default="7d", show_default=True, metavar="TIME", help="How long reports are kept.")
@click.option("--max-upload", default="1GB", show_default=True, metavar="SIZE", help="Most bytes in one upload.")
@click.option("--max-expanded", default="20GB", show_default=True, metavar="SIZE", help="Most bytes that an upload may hold once unpacked.")
@click.option("--max-files", type=click.IntRange(1, 1000), default=20, show_default=True, help="Most files in one upload.")
@click.option("--max-time", default="10m", show_default=True, metavar="TIME", help="Longest that one scan may take.")
@click.option("--idle", default="30s", show_default=True, metavar="TIME", help="Give up on an upload that brings nothing for so long.")
@click.option("--rate", type=click.IntRange(1), default=60, show_default=True, help="Most uploads of one client per minute.")
@click.option("--queue", type=click.IntRange(1), default=50, show_default=True, help="Most uploads that may wait or be read at once.")
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Scans at the same time (default: one per processor, at most 2).")
@click.option("--allow-host", metavar="NAMES", help="Names under which browsers reach the server, besides localhost and addresses.")
@click.option("--trust-proxy", metavar="ADDRESSES", help="Proxies whose X-Forwarded-For is believed, such as 100.64.0.0/10.")
@click.option(
    "--check-urls", type=click.IntRange(0, 200), default=0, show_default=True, metavar="N",
    help="Let uploads have up to N image URLs asked from this server (public addresses only); 0: never.",
)  # fmt: skip
@click.option("--rules", multiple=True, metavar="DIR", help="More rules; by id they replace the packaged ones.")
def serve(**values: Any) -> int:
    """Serve the upload page: drop log files, get the report.

    The first line on standard output is the page's address. Logs are deleted once they are read; reports lie in
    the data folder, at addresses that nobody can guess. Ctrl-C stops the server.
    """
    try:
        import starlette  # noqa: F401  # of the extra `web`
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise click.UsageError("the page needs more packages: pip install 'logscan[web]'") from error
    from logscan.cli.output import emit
    from logscan.cli.rulebooks import checked_rules, folders
    from logscan.web.server import serve as run

    checked_rules(values["rules"])
    settings = _settings(values, tuple(str(folder) for folder in folders(values["rules"])))
    return run(settings, lambda address: emit(address + "\n"))


def _settings(values: dict[str, Any], rules: tuple[str, ...]) -> Any:
    from platformdirs import user_data_path

    from logscan.addresses import is_loopback
    from logscan.errors import UsageError
    from logscan.times import MINUTE, SECOND, parse_duration
    from logscan.web.settings import MIN_TOKEN, Settings, parse_size

    def parsed(option: str, parse: Callable[[str], int], least: int = 1) -> int:
        name = f"--{option.replace('_', '-')}"
        try:
            value = parse(values[option])
        except ValueError as error:
            raise UsageError(f"{name}: {error}") from error
        if value < least:
            raise UsageError(f"{name} {values[option]} is too short")
        return value

    hosts, proxies = _several(values["allow_host"]), _several(values["trust_proxy"])
    if not is_loopback(values["host"]):
        # Railway says under which names its edge and its private network reach a service.
        hosts += tuple(name.lower() for key in ("RAILWAY_PUBLIC_DOMAIN", "RAILWAY_PRIVATE_DOMAIN") if (name := os.environ.get(key)))
    token = os.environ.get("LOGSCAN_WEB_TOKEN") or None
    for option, given in (("host", not is_loopback(values["host"])), ("allow-host", hosts), ("trust-proxy", proxies)):
        if given and token is None:
            raise UsageError(f"--{option}: with it others may reach the page, so it needs a token: set LOGSCAN_WEB_TOKEN")
    if token is not None and len(token) < MIN_TOKEN:
        raise UsageError(f"LOGSCAN_WEB_TOKEN: at least {MIN_TOKEN} characters, so that nobody guesses it (openssl rand -hex 16 makes one)")
    return Settings(
        data=(values["data"] or user_data_path("logscan") / "serve").absolute(), host=values["host"], port=values["port"], token=token,
        keep=parsed("keep", parse_duration, MINUTE) / SECOND,
        upload=parsed("max_upload", parse_size), expanded=parsed("max_expanded", parse_size),
        files=values["max_files"], scan_time=parsed("max_time", parse_duration, SECOND) / SECOND,
        idle=parsed("idle", parse_duration, SECOND) / SECOND,
        workers=values["workers"] or min(2, os.cpu_count() or 1), queue=values["queue"], rate=values["rate"],
        hosts=hosts, proxies=proxies, rules=rules, check_urls=values["check_urls"],
    )  # fmt: skip
