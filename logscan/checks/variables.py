"""What a service's variables say, without the variables: names, kinds and salted hashes. No value outlives `describe`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

Host = Literal["private", "public", "loopback", "other"]

_REFERENCE: Final = re.compile(r"\$\{\{.*?\}\}")
_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
PROJECT_NAMES: Final = ("GOOGLE_CLOUD_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GCP_PROJECT_ID")
KEY_NAMES: Final = (
    "GOOGLE_CLOUD_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS_JSON", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
)  # fmt: skip
_API_KEYS: Final = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY")
_SUPABASE: Final = (("SUPABASE_URL",), ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SERVICE_KEY", "SUPABASE_KEY"))
_AWS: Final = (
    ("AWS_ACCESS_KEY_ID", "S3_ACCESS_KEY_ID", "S3_ACCESS_KEY"),
    ("AWS_SECRET_ACCESS_KEY", "S3_SECRET_ACCESS_KEY", "S3_SECRET_KEY"),
    ("AWS_S3_BUCKET", "AWS_S3_BUCKET_NAME", "AWS_BUCKET", "AWS_BUCKET_NAME", "S3_BUCKET", "S3_BUCKET_NAME"),
)
REDIS_NAMES: Final = ("REDIS_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD")
STORAGE_NAMES: Final = tuple(name for group in (*_SUPABASE, *_AWS) for name in group)
# What a Redis made from Railway's template tells about itself.
_TEMPLATE: Final = ("REDISHOST", "REDISPORT", "REDIS_URL")
_PORT: Final = 6379
_RELEVANT: Final = re.compile(r"(?:REDIS|GOOGLE|GCLOUD|GCP|GEMINI|SUPABASE|AWS|S3)_")


@dataclass(frozen=True, slots=True)
class Redis:
    """How a service reaches Redis. `target` and `password` are salted hashes; `wrong` are names whose values cannot be used."""

    given: bool
    host: Host | None = None
    address: str | None = None
    target: str | None = None
    password: str | None = None
    wrong: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Google:
    """A service's Google settings; projects as salted hashes, `key` None: none, else whether it can be used."""

    project: str | None = None
    project_usable: bool = True
    key: Literal["good", "broken", "path", "api"] | None = None
    key_name: str | None = None
    key_project: str | None = None
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """A service's storage settings: which kind it has whole, or what is missing of the kind that it has in part."""

    kind: Literal["supabase", "aws"] | None = None
    lacking: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A service's variables, described. `sealed` are names without a value.

    `own` are salted hashes of the addresses under which the service is reached itself.
    """

    redis: Redis
    google: Google
    storage: Storage
    relevant: bool
    is_redis: bool
    own: frozenset[str]
    password: str | None
    sealed: frozenset[str] = frozenset()


def describe(variables: Mapping[str, Any], salt: bytes) -> Described:
    """Facts about variables. The same value gives the same hash under the same salt only."""
    texts = {name: value.strip() for name, value in variables.items() if isinstance(value, str)}
    own = [(texts.get("RAILWAY_PRIVATE_DOMAIN"), None), (texts.get("RAILWAY_TCP_PROXY_DOMAIN"), texts.get("RAILWAY_TCP_PROXY_PORT"))]
    addresses = {_hash(salt, f"{host.lower()}:{port or ''}") for host, port in own if host}
    is_redis = all(texts.get(name) for name in _TEMPLATE) and texts["REDISHOST"].lower() in {
        (texts.get("RAILWAY_PRIVATE_DOMAIN") or "").lower(), "localhost", "127.0.0.1"
    }  # fmt: skip
    password = texts.get("REDISPASSWORD") or texts.get("REDIS_PASSWORD")
    return Described(
        _redis(texts, salt), _google(texts, salt), _storage(texts), any(_RELEVANT.match(name) for name in variables),
        is_redis, frozenset(addresses), _hash(salt, password) if password else None,
        frozenset(name for name, value in variables.items() if value is None),
    )  # fmt: skip


def _hash(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()[:16]


def _unresolved(texts: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    """References that Railway left as they are, because what they name is not there."""
    return tuple(name for name in names if name in texts and (_REFERENCE.search(texts[name]) or texts[name] in ("undefined", "null")))


def _redis(texts: Mapping[str, str], salt: bytes) -> Redis:
    names = [name for name in REDIS_NAMES if texts.get(name)]
    unresolved = _unresolved(texts, names)
    if unresolved:
        return Redis(given=True, unresolved=unresolved)
    if texts.get("REDIS_URL"):
        return _redis_of_url(texts["REDIS_URL"], salt)
    host, port, password = texts.get("REDIS_HOST"), texts.get("REDIS_PORT") or str(_PORT), texts.get("REDIS_PASSWORD")
    if not host:
        return Redis(given=False)
    wrong = [] if _is_port(port) else ["REDIS_PORT"]
    if "://" in host or "/" in host or not re.fullmatch(r"[\w.:\[\]-]+", host):
        wrong.append("REDIS_HOST")
    return Redis(True, _kind(host), *_address(host, port, salt), _hash(salt, password) if password else None, tuple(wrong))


def _redis_of_url(url: str, salt: bytes) -> Redis:
    try:
        parts = urlsplit(url)
        host, port, password = parts.hostname, parts.port or _PORT, parts.password
    except ValueError:
        host = None
    if not host or parts.scheme not in ("redis", "rediss"):
        return Redis(given=True, wrong=("REDIS_URL",))
    return Redis(True, _kind(host), *_address(host, str(port), salt), _hash(salt, unquote(password)) if password else None)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 1 << 16


def _address(host: str, port: str, salt: bytes) -> tuple[str, str]:
    """Hashes of the address as a service's own addresses are hashed, and of host and port together."""
    host = host.lower()
    return _hash(salt, f"{host}:" if host.endswith(".railway.internal") else f"{host}:{port}"), _hash(salt, f"{host} {port}")


def _kind(host: str) -> Host:
    host = host.lower().strip("[]")
    if host.endswith(".railway.internal"):
        return "private"
    if host.endswith((".rlwy.net", ".railway.app", ".up.railway.app")):
        return "public"
    if host in ("localhost", "redis"):
        # `redis` alone is the name in a docker-compose file: nothing on Railway has it.
        return "loopback"
    try:
        return "loopback" if ipaddress.ip_address(host).is_loopback else "other"
    except ValueError:
        return "other"


def _google(texts: Mapping[str, str], salt: bytes) -> Google:
    unresolved = _unresolved(texts, (*PROJECT_NAMES, *KEY_NAMES, *_API_KEYS))
    if unresolved:
        return Google(unresolved=unresolved)
    project = next((texts[name] for name in PROJECT_NAMES if texts.get(name)), None)
    usable = project is None or _PROJECT.fullmatch(project) is not None
    hashed = _hash(salt, project) if project else None
    name = next((name for name in KEY_NAMES if texts.get(name)), None)
    if name is not None:
        if name == "GOOGLE_APPLICATION_CREDENTIALS" and texts[name].startswith(("/", "./")):
            return Google(hashed, usable, "path", name)
        of_key = _project_of_key(texts[name])
        if of_key is None:
            return Google(hashed, usable, "broken", name)
        return Google(hashed, usable, "good", name, _hash(salt, of_key))
    api = next((name for name in _API_KEYS if texts.get(name)), None)
    return Google(hashed, usable, "api" if api else None, api)


def _project_of_key(text: str) -> str | None:
    """The project of a service account's key, as JSON or base64 of it; None where it is neither."""
    if not text.startswith("{"):
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
    try:
        key = json.loads(text)
    except ValueError:
        return None
    if not isinstance(key, dict) or not isinstance(key.get("project_id"), str):
        return None
    complete = isinstance(key.get("client_email"), str) and "PRIVATE KEY" in str(key.get("private_key"))
    return key["project_id"] if complete else None


def _storage(texts: Mapping[str, str]) -> Storage:
    unresolved = _unresolved(texts, STORAGE_NAMES)
    if unresolved:
        return Storage(unresolved=unresolved)
    lacking = {
        kind: tuple(group[0] for group in groups if not any(texts.get(name) for name in group))
        for kind, groups in (("supabase", _SUPABASE), ("aws", _AWS))
    }
    if not lacking["supabase"]:
        return Storage("supabase")
    if not lacking["aws"]:
        return Storage("aws")
    begun = [kind for kind, groups in (("supabase", _SUPABASE), ("aws", _AWS)) if 0 < len(lacking[kind]) < len(groups)]
    return Storage(lacking=lacking[begun[0]] if begun else (*lacking["supabase"], *lacking["aws"]))
