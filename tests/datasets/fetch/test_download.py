import hashlib
import http.server
import io
import threading
import urllib.parse
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from datasets.fetch import download, sources
from datasets.fetch.download import DownloadError, check, get
from datasets.fetch.sources import Expected, ManualSource, RemoteFile, Source, UrlSource
from datasets.fetch.transfer import Patience

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
    with pytest.raises(DownloadError, match="SHA-256 or size is not that of the source"):
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


def test_a_changed_file_is_never_overwritten(source, server, tmp_path):
    fetch(source, tmp_path)
    (tmp_path / "set" / "a b/one.jpg").write_bytes(b"edited")
    (tmp_path / "set" / "two#?.jpg").unlink()
    server.asked.clear()
    with pytest.raises(DownloadError) as caught:
        fetch(source, tmp_path)
    message = str(caught.value)
    assert f"1 files in {tmp_path / 'set'} differ from the source (a b/one.jpg)" in message
    assert "Move them aside and run `python -m benchmark data get my-set` again" in message
    assert "--data-root FOLDER" in message
    assert (tmp_path / "set" / "a b/one.jpg").read_bytes() == b"edited"
    assert server.asked == []
    (tmp_path / "set" / "a b/one.jpg").rename(tmp_path / "aside.jpg")
    assert fetch(source, tmp_path).fetched == 2
    assert_complete(tmp_path / "set")


def test_a_file_that_nothing_vouches_for_is_kept(source, tmp_path):
    fetch(source, tmp_path)
    (tmp_path / "set" / "master.csv").write_bytes(b"mine")
    assert fetch(source, tmp_path).fetched == 0
    assert (tmp_path / "set" / "master.csv").read_bytes() == b"mine"
    assert check("my-set", source, tmp_path / "set").modified == ()


def test_a_full_disk_is_said_before_anything_is_fetched(source, server, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(DownloadError, match=r"downloading my-set needs 0.0 MB, .* has 0.0 MB free.*--data-root"):
        fetch(source, tmp_path)
    assert server.asked == []


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
    files = sources.read_manifest("apl-jhu.parquet")
    assert len(files) == len({f.path for f in files}) == 15_809
    assert all(f.size and f.size > 0 and isinstance(f.sha256, bytes) and len(f.sha256) == 32 for f in files)
    assert [f.path for f in files] == sorted(f.path for f in files)


def zipped(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in files.items():
            archive.writestr(path.replace("__", "/"), body)
    return content.getvalue()


CELLS = zipped(top__A__1=b"one" * 99, top__A__2=b"two", top__B__1=b"three")


@pytest.fixture
def served(server, monkeypatch):
    """Serve more bodies at plain addresses; returns the maker of their source."""

    def serve(bodies, **known):
        for path, body in bodies.items():
            monkeypatch.setitem(BODIES, f"/{path}", body)
        host = f"http://127.0.0.1:{server.server_port}"
        files = [
            RemoteFile(p, len(b), url=f"{host}/{p}", unpack=1 if p.endswith(".zip") else None, **known)
            for p, b in bodies.items()
        ]
        return UrlSource("http://page", "set", "free", tuple(files))

    return serve


def md5(body):
    return hashlib.md5(body).digest()


def test_an_archive_is_verified_unpacked_and_removed(served, server, tmp_path):
    source = served({"cells.zip": CELLS}, md5=md5(CELLS))
    result = fetch(source, tmp_path)
    folder = tmp_path / "set"
    assert (result.fetched, result.unverified) == (1, ())
    assert {p: (folder / p).read_bytes() for p in ("A/1", "A/2", "B/1")} == {
        "A/1": b"one" * 99, "A/2": b"two", "B/1": b"three"
    }  # fmt: skip
    assert not (folder / "cells.zip").exists()
    server.asked.clear()
    assert fetch(source, tmp_path).present == 1
    assert server.asked == []
    assert check("my-set", source, folder) == download.CheckResult(folder, 3, (), (), (), ())


def test_a_wrong_md5_is_refused_and_nothing_is_unpacked(served, tmp_path):
    source = served({"cells.zip": CELLS}, md5=bytes(16))
    with pytest.raises(DownloadError, match="MD5 or size is not that of the source"):
        fetch(source, tmp_path, attempts=2)
    assert list((tmp_path / "set").iterdir()) == []


def test_a_broken_archive_transfer_goes_on(served, server, tmp_path):
    source = served({"cells.zip": CELLS}, md5=md5(CELLS))
    server.faults["/cells.zip"] = ["break"]
    fetch(source, tmp_path)
    assert [r for p, r in server.asked if p == "/cells.zip"] == [None, f"bytes={len(CELLS) // 2}-"]


def test_a_file_of_an_archive_that_is_lost_or_changed(served, tmp_path):
    source = served({"cells.zip": CELLS}, md5=md5(CELLS))
    fetch(source, tmp_path)
    folder = tmp_path / "set"
    (folder / "A/2").unlink()
    assert check("my-set", source, folder).missing == ("A/2",)
    assert fetch(source, tmp_path).fetched == 1
    (folder / "A/2").write_bytes(b"TWO")
    assert check("my-set", source, folder).modified == ("A/2",)
    with pytest.raises(DownloadError, match=r"1 files in .* differ from the source \(A/2\)"):
        fetch(source, tmp_path)


def test_an_archive_put_there_by_hand_is_unpacked(served, server, tmp_path):
    source = served({"cells.zip": CELLS})
    (tmp_path / "set").mkdir()
    (tmp_path / "set/cells.zip").write_bytes(CELLS)
    assert fetch(source, tmp_path).unverified == ("cells.zip",)
    assert server.asked == []
    assert (tmp_path / "set/B/1").read_bytes() == b"three"


def test_an_archive_that_climbs_out_is_refused(served, tmp_path):
    body = zipped(**{"top__..__..__evil": b"x"})
    with pytest.raises(DownloadError, match="would be written outside the folder"):
        fetch(served({"evil.zip": body}, md5=md5(body)), tmp_path)
    assert not (tmp_path / "evil").exists()


def test_plain_files_at_fixed_addresses(served, tmp_path):
    source = served({"one.npz": b"numbers"}, md5=md5(b"numbers"))
    assert fetch(source, tmp_path).fetched == 1
    assert check("my-set", source, tmp_path / "set").ok == 1
    assert source.absent("the command") == "needs download: the command"
    assert "http://page" in source.by_hand(tmp_path)


def manual(**options):
    return ManualSource("http://page", "set", "free", ("Register.", "Put cells into {folder}."), **options)


def test_steps_are_numbered_and_name_the_folder(tmp_path):
    source = manual(registration=True)
    assert source.instructions(tmp_path) == ["1. Register.", f"2. Put cells into {tmp_path}."]
    assert source.absent("the command") == "needs registration: the command prints the steps"
    assert manual().absent("the command") == "needs download by hand: the command prints the steps"


def test_what_was_got_by_hand_is_counted_and_verified(tmp_path):
    table = RemoteFile("table.csv", 3, md5=md5(b"a,b"))
    source = manual(expected=(Expected("**/*.tif", 2), Expected("*.txt")), files=(table,))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/1.tif").touch()
    (tmp_path / "table.csv").write_bytes(b"a;b")
    result = check("my-set", source, tmp_path)
    assert result.missing == ("**/*.tif: 2 files expected, 1 found",)
    assert (result.modified, result.unverified, result.extra) == (("table.csv",), ("deep/1.tif",), ())
    (tmp_path / "deep/2.tif").touch()
    (tmp_path / "table.csv").write_bytes(b"a,b")
    result = check("my-set", source, tmp_path)
    assert (result.ok, result.missing, result.modified) == (1, (), ())


def test_defaults_are_four_tries_and_progress_counts_what_is_there(source, tmp_path, monkeypatch):
    folder = tmp_path / "set"
    fetch(source, tmp_path)
    (folder / XLSX).unlink()
    (folder / "two#?.jpg").unlink()
    seen, steps = [], []
    monkeypatch.setattr(
        download, "_fetch", lambda name, _, __, file, patience: seen.append((name, file.path, patience))
    )
    result = get("my-set", source, tmp_path, on_progress=lambda *step: steps.append(step))
    assert sorted(seen, key=str) == [("my-set", path, Patience(4, 30.0, 1.0)) for path in (XLSX, "two#?.jpg")]
    assert [step[:2] for step in steps] == [(3, 4), (4, 4)] and (result.fetched, result.present) == (2, 2)
    get("my-set", source, tmp_path, attempts=2, timeout=3.0, pause=0.5)
    assert seen[-1][2] == Patience(2, 3.0, 0.5)


def test_the_first_five_files_that_differ_are_named(served, tmp_path):
    for count, shown in ((5, "f0, f1, f2, f3, f4)"), (6, "f0, f1, f2, f3, f4, ...)")):
        source = served({f"f{k}": b"right" for k in range(count)}, md5=md5(b"right"))
        (tmp_path / "set").mkdir(exist_ok=True)
        for k in range(count):
            (tmp_path / "set" / f"f{k}").write_bytes(b"wrong")
        with pytest.raises(DownloadError) as caught:
            fetch(source, tmp_path)
        told = f"my-set: {count} files in {tmp_path / 'set'} differ from the source ({shown}. They are"
        assert str(caught.value).startswith(told)


def test_extra_files_and_those_of_a_pattern_are_in_order_and_strays_do_not_count(tmp_path):
    source = manual(expected=(Expected("*.tif", 1_000), Expected("x/*", None)), files=(RemoteFile("gone"),))
    for name in ("c.tif", "a.tif", "b.tif", "._a.tif", "z", "y", "x/2", "x/1"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "d.tif").mkdir()
    result = check("my-set", source, tmp_path)
    assert result.missing == ("gone", "*.tif: 1,000 files expected, 3 found")
    assert result.unverified == ("a.tif", "b.tif", "c.tif", "x/1", "x/2") and result.extra == ("._a.tif", "y", "z")
