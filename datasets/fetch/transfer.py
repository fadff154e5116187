"""One file over HTTP: tried again, resumed where it broke off, named only after it is verified."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from datasets.fetch.sources import RemoteFile, matches

_CHUNK = 1 << 20
_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # HTTP states that a later attempt may cure


@dataclass(frozen=True)
class Patience:
    """Say how long to try.

    Attributes:
        attempts: Tries for each file.
        timeout: Seconds without an answer before a try fails.
        pause: Seconds before the second try, doubled for each further one.
    """

    attempts: int = 4
    timeout: float = 30.0
    pause: float = 1.0


class TransferError(OSError):
    """Say why a file could not be fetched."""


class _Corrupt(Exception):
    """A body that is not the file: cut short, or with another hash."""


_FAILURES = (
    _Corrupt, urllib.error.URLError, http.client.HTTPException, ssl.SSLError, TimeoutError, ConnectionError
)  # fmt: skip


def fetch(url: str, file: RemoteFile, target: Path, patience: Patience) -> None:
    """Fetch a file to ``target``, which gets its name only after size and digest agree.

    Raises:
        TransferError: If it cannot be fetched or written, with the reason of the last try.
    """
    part = target.with_name(target.name + ".part")
    for attempt in range(patience.attempts):
        if attempt:
            time.sleep(patience.pause * 2 ** (attempt - 1))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _transfer(url, part, patience.timeout)
            _verify(file, part)
            part.replace(target)
            return
        except urllib.error.HTTPError as error:
            reason, final = f"the server answered {error.code} {error.reason}", error.code not in _AGAIN
        except _FAILURES as error:
            reason, final = str(error) or type(error).__name__, False
        except OSError as error:  # this machine: a full disk, a folder that may not be written
            reason, final = str(error), True
        if final:
            break
    raise TransferError(reason)


def _transfer(url: str, part: Path, timeout: float) -> None:
    """Append the rest of the body to ``part``; begin anew where the server cannot go on."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()
            raise _Corrupt(f"the server has no more than the {have} bytes that were fetched before") from error
        raise
    with answer, part.open("ab" if answer.status == http.client.PARTIAL_CONTENT else "wb") as file:
        got = 0
        while block := answer.read(_CHUNK):
            file.write(block)
            got += len(block)
    promised = answer.headers.get("Content-Length")
    if promised is not None and got != int(promised):
        raise _Corrupt(f"the transfer broke off after {got} of {promised} bytes")


def _verify(file: RemoteFile, part: Path) -> None:
    size = part.stat().st_size
    if file.size is not None and size < file.size:
        raise _Corrupt(f"{size} of {file.size} bytes arrived")
    if (file.size is not None and size != file.size) or (file.digest is not None and not matches(file, part)):
        part.unlink()
        name = "SHA-256" if file.digest is None or file.digest[0] == "sha256" else "MD5"
        raise _Corrupt(f"{size} bytes arrived whose {name} or size is not that of the source")
