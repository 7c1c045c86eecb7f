from __future__ import annotations

from collections.abc import Iterator

import pytest
import trustme

from tests.images.server import Storage, storage, written


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSCAN_CA_FILE", str(written(authority, tmp_path)))  # type: ignore[arg-type]


@pytest.fixture
def images(authority: trustme.CA, trusted: None) -> Iterator[Storage]:
    with storage(authority, "127.0.0.1", "images.test") as it:
        yield it


@pytest.fixture
def plain() -> Iterator[Storage]:
    with storage(None) as it:
        yield it
