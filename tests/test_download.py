import hashlib
import http.server
import threading
import urllib.parse

import numpy as np
import pytest

from datasets import download
from datasets.download import DownloadError, RemoteFile, Source, check, get

XLSX = "data/Données projet, été.xlsx"
BODIES = {
    f"/owner/repo/abc/{path}": np.random.default_rng(i).bytes(size)
    for i, (path, size) in enumerate({"a b/one.jpg": 5000, "two#?.jpg": 40_000, XLSX: 300, "master.csv": 80}.items())
}


class Server(http.server.ThreadingHTTPServer):
    """Serves BODIES; ``faults`` maps a path to the faults of its next answers."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults, self.asked, self.ranges = {}, [], True


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = urllib.parse.unquote(self.path)
        self.server.asked.append((path, self.headers.get("Range")))
        faults = self.server.faults.get(path, [])
        fault = faults.pop(0) if faults else None
        body = BODIES.get(path)
        if isinstance(fault, int) or body is None:
            return self.send_error(fault or 404)
        begin = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.server.ranges else 0
        if begin >= len(body):
            return self.send_error(416)
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        part = body[begin:]
        if fault == "corrupt":
            part = bytes(len(part))
        self.wfile.write(part[: len(part) // 2] if fault == "break" else part)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


def remote(path, known=True):
    body = BODIES[f"/owner/repo/abc/{path}"]
    return RemoteFile(path, len(body), hashlib.sha256(body).digest()) if known else RemoteFile(path)


@pytest.fixture
def source(server):
    files = (remote("a b/one.jpg"), remote("two#?.jpg"), remote(XLSX), remote("master.csv", known=False))
    return Source("owner/repo", "abc", "set", "none", files, host=f"http://127.0.0.1:{server.server_port}")


def fetch(source, root, **options):
    return get("my-set", source, root, pause=0.0, timeout=5, **options)


def assert_complete(folder):
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == sorted(
        p.removeprefix("/owner/repo/abc/") for p in BODIES
    )
    for path, body in BODIES.items():
        assert (folder / path.removeprefix("/owner/repo/abc/")).read_bytes() == body


def test_get_fetches_verifies_and_names_the_unverified(source, tmp_path):
    steps = []
    result = fetch(source, tmp_path, on_progress=lambda *step: steps.append(step))
    assert (result.folder, result.fetched, result.present) == (tmp_path / "set", 4, 0)
    assert result.unverified == ("master.csv",)
    assert_complete(tmp_path / "set")
    assert [s[:2] for s in steps] == [(i, 4) for i in range(1, 5)]
    assert {s[2] for s in steps} == {f.path for f in source.files}


def test_a_second_get_fetches_nothing(source, server, tmp_path):
    fetch(source, tmp_path)
    server.asked.clear()
    result = fetch(source, tmp_path)
    assert (result.fetched, result.present, server.asked) == (0, 4, [])


def test_a_broken_transfer_goes_on_where_it_stopped(source, server, tmp_path):
    path = "/owner/repo/abc/two#?.jpg"
    server.faults[path] = ["break", "break"]
    fetch(source, tmp_path)
    assert [r for p, r in server.asked if p == path] == [None, "bytes=20000-", "bytes=30000-"]
    assert_complete(tmp_path / "set")


def test_a_later_run_goes_on_where_an_earlier_one_gave_up(source, server, tmp_path):
    path = "/owner/repo/abc/two#?.jpg"
    server.faults[path] = ["break"]
    with pytest.raises(DownloadError, match="broke off after 20000 of 40000 bytes"):
        fetch(source, tmp_path, attempts=1)
    assert not (tmp_path / "set" / "two#?.jpg").exists()
    server.asked.clear()
    fetch(source, tmp_path)
    assert (path, "bytes=20000-") in server.asked
    assert_complete(tmp_path / "set")


def test_a_server_without_ranges_starts_anew(source, server, tmp_path):
    server.ranges = False
    server.faults["/owner/repo/abc/two#?.jpg"] = ["break"]
    fetch(source, tmp_path)
    assert_complete(tmp_path / "set")


def test_a_part_that_is_too_long_starts_anew(source, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "two#?.jpg.part").write_bytes(bytes(50_000))
    fetch(source, tmp_path)
    assert_complete(tmp_path / "set")


def test_a_corrupt_body_is_tried_again_then_refused(source, server, tmp_path):
    server.faults["/owner/repo/abc/a b/one.jpg"] = ["corrupt"]
    fetch(source, tmp_path / "first")
    assert_complete(tmp_path / "first" / "set")
    server.faults["/owner/repo/abc/a b/one.jpg"] = ["corrupt"] * 3
    with pytest.raises(DownloadError, match="SHA-256 or size is not that of the manifest"):
        fetch(source, tmp_path / "second", attempts=3)
    assert list((tmp_path / "second" / "set" / "a b").iterdir()) == []


def test_a_busy_server_is_asked_again_a_missing_file_is_not(source, server, tmp_path):
    path = "/owner/repo/abc/a b/one.jpg"
    server.faults[path] = [503, 429]
    fetch(source, tmp_path / "busy")
    assert [p for p, _ in server.asked].count(path) == 3
    server.asked.clear()
    server.faults[path] = [404]
    with pytest.raises(DownloadError, match="the server answered 404"):
        fetch(source, tmp_path / "gone")
    assert [p for p, _ in server.asked].count(path) == 1


def test_without_a_network_the_error_says_how_to_go_on(tmp_path):
    source = Source("owner/repo", "abc", "set", "none", (remote("a b/one.jpg"),), host="http://host.invalid")
    with pytest.raises(DownloadError) as caught:
        fetch(source, tmp_path, attempts=2)
    message = str(caught.value)
    assert "http://host.invalid/owner/repo/abc/a%20b/one.jpg could not be fetched: <urlopen error" in message
    assert "python -m benchmark data get my-set" in message
    assert f"get commit abc of https://github.com/owner/repo, copy its files to {tmp_path / 'set'}" in message


def test_a_place_that_cannot_be_written_is_said(source, tmp_path):
    (tmp_path / "set").write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match=r"could not be fetched: \[Errno"):
        fetch(source, tmp_path)


def test_a_changed_file_is_replaced_an_unverifiable_one_is_kept(source, tmp_path):
    fetch(source, tmp_path)
    (tmp_path / "set" / "a b/one.jpg").write_bytes(b"edited")
    (tmp_path / "set" / "master.csv").write_bytes(b"mine")
    assert fetch(source, tmp_path).fetched == 1
    assert (tmp_path / "set" / "master.csv").read_bytes() == b"mine"
    assert check("my-set", source, tmp_path / "set").modified == ()


def test_check_tells_every_state(source, tmp_path):
    fetch(source, tmp_path)
    folder = tmp_path / "set"
    assert check("my-set", source, folder) == download.CheckResult(folder, 3, (), (), (), ("master.csv",))
    body = bytearray((folder / XLSX).read_bytes())
    body[7] ^= 1  # same size, other content
    (folder / XLSX).write_bytes(body)
    (folder / "two#?.jpg").unlink()
    (folder / "a b" / "Thumbs.db").touch()
    result = check("my-set", source, folder)
    assert result.ok == 1
    assert result.modified == (XLSX,)
    assert result.missing == ("two#?.jpg",)
    assert result.extra == ("a b/Thumbs.db",)
    assert result.unverified == ("master.csv",)


def test_check_of_no_folder_names_the_command(source, tmp_path):
    with pytest.raises(FileNotFoundError, match="data get my-set"):
        check("my-set", source, tmp_path / "nowhere")


def test_addresses_quote_blanks_and_accents():
    url = Source("owner/repo", "abc", "set", "none").url("data/Données projet LAP Cas-témoin 02-10-20.xlsx")
    assert url == (
        "https://raw.githubusercontent.com/owner/repo/abc/data/"
        "Donn%C3%A9es%20projet%20LAP%20Cas-t%C3%A9moin%2002-10-20.xlsx"
    )


def test_committed_manifest_is_whole():
    files = download.read_manifest("apl-jhu.parquet")
    assert len(files) == len({f.path for f in files}) == 15_809
    assert all(f.size and f.size > 0 and isinstance(f.sha256, bytes) and len(f.sha256) == 32 for f in files)
    assert [f.path for f in files] == sorted(f.path for f in files)
