"""The store of finished points: one file, which a process that is killed at any moment leaves intact.

It is an SQLite database with a rollback journal and `synchronous` at FULL: what a transaction has written is on the
disk when it ends, and one that was cut short is undone when the file is opened next. Only the coordinator of a study
writes, and several studies may share a store. Of points that were made twice, the first result stays.

References
----------
SQLite: Atomic Commit In SQLite, https://www.sqlite.org/atomiccommit.html
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from lpasim.errors import StudyError
from lpasim.networks.printable import printable
from lpasim.studies.outcome import Outcome, Status

DEFAULT = Path("results") / ".store" / "points.sqlite"
APPLICATION = 0x6C706173
"""Marks the file, in SQLite's header, as a store of lpasim: "lpas"."""
VERSION = 1
PATIENCE_S = 60.0
"""How long to wait for another study that is writing."""
_CREATE = (
    "CREATE TABLE IF NOT EXISTS points "
    "(key BLOB PRIMARY KEY, status TEXT NOT NULL, content TEXT NOT NULL, crc INTEGER NOT NULL)"
)
_PUT = (
    "INSERT INTO points VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
    "status = excluded.status, content = excluded.content, crc = excluded.crc WHERE ? OR points.status = 'broken'"
)
_AWAY = "move it away, and its points are simulated again"
_REASONS = {
    "SQLITE_FULL": ("have room to grow", "a full disk", "make room: nothing stored is lost"),
    "SQLITE_IOERR": ("be writable", "an error of the disk", "nothing stored is lost"),
    "SQLITE_BUSY": (f"be free within {PATIENCE_S:g} s", "another study that writes all the time", "try again"),
    "SQLITE_LOCKED": ("be free", "another user of it", "try again"),
    "SQLITE_READONLY": ("be writable", "a read-only file", "choose another: --store FILE"),
    "SQLITE_CANTOPEN": ("be a file that can be opened", "none", "choose another: --store FILE"),
    "SQLITE_PERM": ("be writable", "no permission", "choose another: --store FILE"),
    "SQLITE_CORRUPT": ("be intact", "a damaged file", _AWAY),
    "SQLITE_NOTADB": ("be a store of lpasim", "another file, or a damaged one", _AWAY),
}


class Store:
    """Outcomes by the addresses of their points.

    Parameters
    ----------
    path : Path
        Is made if it is not there.

    Raises
    ------
    StudyError
        Here and in all methods, if the file cannot be read or written, is damaged, or is no store.
    """

    def __init__(self, path: Path = DEFAULT) -> None:
        self.path = path
        with self._named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._base.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._base.close()

    def status(self, key: bytes) -> Status | None:
        """Tell how a point ended, or None if it has not."""
        found = self.get(key)
        return None if found is None else found.status

    def get(self, key: bytes) -> Outcome | None:
        """Return the outcome of a point; None if there is none, or its row is damaged."""
        with self._named():
            row = self._base.execute("SELECT status, content, crc FROM points WHERE key = ?", (key,)).fetchone()
        return None if row is None else _read(*row)

    def put(self, outcomes: Iterable[tuple[bytes, Outcome]]) -> None:
        """Keep outcomes, all or none of them. They are on the disk when this returns."""
        with self._named(), self._transaction():
            for key, outcome in outcomes:
                content = json.dumps(outcome.statistics if outcome.statistics is not None else outcome.error)
                damaged = self.get(key) is None
                self._base.execute(_PUT, (key, outcome.status, content, _crc(outcome.status, content), damaged))

    def __len__(self) -> int:
        with self._named():
            return int(self._base.execute("SELECT COUNT(*) FROM points").fetchone()[0])

    def _prepare(self) -> None:
        execute = self._base.execute
        execute("PRAGMA synchronous = FULL")
        with self._transaction("DEFERRED"):
            there = self._is_there()
        if there:
            return
        with self._transaction():
            if not self._is_there():  # else another study has just made it
                execute(_CREATE)
                execute(f"PRAGMA application_id = {APPLICATION}")
                execute(f"PRAGMA user_version = {VERSION}")

    def _is_there(self) -> bool:
        """Tell whether the store has been made; to be asked inside a transaction, so that the answers fit together."""
        execute = self._base.execute
        owner, version = (execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        tables = execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if (tables or owner) and (owner, version) != (APPLICATION, VERSION):
            got = f"one of version {version}" if owner == APPLICATION else "another database"
            raise StudyError(
                f"store must be one of lpasim, version {VERSION}, got {got} ({printable(self.path)}); "
                "choose another: --store FILE"
            )
        return bool(tables)

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        self._base.execute(f"BEGIN {kind}")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            raise

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say what is wrong with the file, and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            known = next((reason for start, reason in _REASONS.items() if name.startswith(start)), None)
            rule, got, then = known or ("be usable", str(error), _AWAY)
            raise StudyError(f"store must {rule}, got {got} ({printable(self.path)}); {then}") from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise StudyError(f"store must be writable, got {reason} ({printable(self.path)})") from error


def _read(status: str, content: str, crc: int) -> Outcome | None:
    """Read a row; None if it is not what was written."""
    if _crc(status, content) != crc:
        return None
    value = json.loads(content)
    if isinstance(value, str):
        return Outcome(Status(status), error=value)
    return Outcome(Status(status), value)


def _crc(status: str, content: str) -> int:
    return zlib.crc32(f"{status}\0{content}".encode())
