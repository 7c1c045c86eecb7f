"""Scans that wait, run and are done: the queue, its workers, and what happens to a scan that fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from logscan.version import __version__
from logscan.web.messages import Answer, Request
from logscan.web.problems import Problem
from logscan.web.settings import Settings
from logscan.web.store import Failure, Meta, Store
from logscan.web.worker import Crashed, Worker

_LOG: Final = logging.getLogger("logscan.web")
# A scan that took the server down with it twice is not tried a third time.
_TRIES: Final = 2
# A worker that has nothing to do for so long gives its memory back.
_IDLE: Final = 300.0
_TEND: Final = 60.0
_MAX_RECENT: Final = 12


@dataclass(slots=True)
class Job:
    """A scan. `read` counts bytes of the unpacked logs; `over` is set when the scan is."""

    meta: Meta
    step: Literal["queue", "read", "judge"] = "queue"
    read: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Jobs:
    """All scans of a data folder. Its methods belong to the event loop's thread."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._news = asyncio.Condition()
        self._uploads = 0
        self._workers = [Worker(settings.rules) for _ in range(settings.workers)]
        self._free = list(self._workers)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up what an earlier server left, and begin to work."""
        for meta in self._store.restore():
            job = self._jobs[meta.id] = Job(meta)
            if meta.state != "queued":
                job.over.set()
            elif meta.tries >= _TRIES:
                self._end(job, failure=Failure("scan-crashed", {"how": "twice"}))
            else:
                self._waiting.append(job)
        self._expire()
        self._tasks = [asyncio.create_task(self._run()) for _ in self._workers]
        self._tasks.append(asyncio.create_task(self._tend()))

    async def stop(self) -> None:
        """End all work. What waits or runs is taken up by the next server."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    @property
    def busy(self) -> int:
        """How many scans wait or run."""
        return sum(not job.over.is_set() for job in self._jobs.values())

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the line while an upload comes in. Raises Problem where the line is full."""
        if self.busy + self._uploads >= self._settings.queue:
            raise Problem("queue-full", limit=self._settings.queue)
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    async def warm(self) -> None:
        """An upload has begun: while it comes in, a worker can load what it needs."""
        if self._free and not any(worker.pid for worker in self._free):
            # Where that fails, the scan will say so.
            with suppress(Crashed):
                await self._free[0].start()

    async def submit(self, meta: Meta, folder: Path) -> Job:
        """Queue an upload that is whole."""
        self._store.accept(folder, meta)
        job = self._jobs[meta.id] = Job(meta)
        async with self._news:
            self._waiting.append(job)
            self._news.notify()
        return job

    def get(self, scan: str) -> Job | None:
        """A scan by its id; None where it is unknown or over its time."""
        job = self._jobs.get(scan)
        return None if job is None or (job.over.is_set() and self._expired(job)) else job

    def delete(self, job: Job) -> None:
        """Remove a scan, ending it where it still works."""
        self._jobs.pop(job.meta.id, None)
        with suppress(ValueError):
            self._waiting.remove(job)
        if job.task is not None:
            job.task.cancel()
        self._store.delete(job.meta.id)
        job.over.set()

    def ahead_of(self, job: Job) -> int:
        """How many scans come before this one."""
        return self._waiting.index(job) if job in self._waiting else 0

    def recent(self, owner: str) -> list[Meta]:
        """A browser's own scans, newest first."""
        own = [job.meta for job in self._jobs.values() if job.meta.owner == owner and job.meta.kind == "page" and not self._expired(job)]
        return sorted(own, key=lambda meta: -meta.created)[:_MAX_RECENT]

    def demo(self) -> Job | None:
        """The report on the example, if this version made one."""
        return next(
            (j for j in self._jobs.values() if j.meta.kind == "demo" and j.meta.version == __version__ and j.meta.state != "failed"), None
        )

    async def _run(self) -> None:
        while True:
            async with self._news:
                await self._news.wait_for(lambda: bool(self._waiting))
                job = self._waiting.popleft()
            # One that runs already is ready at once.
            worker = max(self._free, key=lambda free: free.pid is not None)
            self._free.remove(worker)
            try:
                await self._work(worker, job)
            finally:
                worker.idle_since = time.monotonic()
                self._free.append(worker)

    async def _work(self, worker: Worker, job: Job) -> None:
        job.task = asyncio.create_task(self._scan(worker, job))
        try:
            await job.task
        except asyncio.CancelledError:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)
            await worker.stop()
            if not job.over.is_set():
                # The server stops: the next one scans this anew.
                job.meta.tries -= 1
                with suppress(OSError):
                    self._store.save(job.meta)
                raise
            # Deleted while it worked: the worker may have written into its folder once more.
            self._store.delete(job.meta.id)
        except Exception:  # noqa: BLE001  # one scan must not end the runner
            _LOG.exception("scan %s", job.meta.id[:4])
            await worker.stop()
            self._end(job, failure=Failure("scan-crashed", {"how": "internal"}))
        finally:
            job.task = None

    async def _scan(self, worker: Worker, job: Job) -> None:
        meta = job.meta
        meta.tries += 1
        self._store.save(meta)
        job.step = "read"
        settings, folder = self._settings, str(self._store.folder(meta.id).resolve())
        request = Request(folder, meta.names, meta.options, settings.expanded, settings.check_urls)

        def told(answer: Answer) -> None:
            job.read = max(job.read, answer.read)
            job.step = "judge" if answer.judging else job.step

        try:
            async with asyncio.timeout(self._settings.scan_time):
                answer = await worker.scan(request, told)
        except TimeoutError:
            await worker.stop()
            self._end(job, failure=Failure("scan-too-long", {"limit": round(self._settings.scan_time)}))
        except Crashed as error:
            self._end(job, failure=Failure("scan-crashed", {"how": str(error)}))
        else:
            if answer.problem is not None:
                self._end(job, failure=Failure(answer.problem, {"limit": self._settings.expanded}))
            else:
                meta.summary = answer.summary
                self._end(job)

    def _end(self, job: Job, failure: Failure | None = None) -> None:
        if job.meta.id not in self._jobs:
            return
        job.meta.failure = failure
        job.meta.state = "failed" if failure else "done"
        try:
            self._store.save(job.meta)
        except OSError as error:
            # Known until the server ends; the next one scans it anew.
            _LOG.warning("scan %s: cannot be saved: %s", job.meta.id[:4], error.strerror)
        job.over.set()

    def _expired(self, job: Job) -> bool:
        return job.meta.created + self._settings.keep < time.time()

    def _expire(self) -> None:
        for job in [job for job in self._jobs.values() if job.over.is_set() and self._expired(job)]:
            self.delete(job)

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(min(_TEND, self._settings.keep))
            self._expire()
            for worker in self._free:
                if time.monotonic() - worker.idle_since > _IDLE:
                    await worker.stop()
