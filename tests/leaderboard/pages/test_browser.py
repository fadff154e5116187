"""The static site in headless Chromium: sort, filter, keyboard, no console error, no request that leaves the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from leaderboard.pages.site import write_site
from leaderboard.text.links import file_name
from tests.leaderboard.hostile_board import hostile_board
from tests.leaderboard.shared_board import shared_board

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

PROBE = """
"use strict";
const told = { violations: [], tables: document.querySelectorAll("table.sortable").length };
document.addEventListener("securitypolicyviolation", event => told.violations.push(event.violatedDirective));
const wait = () => new Promise(done => setTimeout(done, 600));
const press = { key: "Enter", keyCode: 13, which: 13, bubbles: true };
addEventListener("load", async () => {
  told.requests = performance.getEntriesByType("resource").map(entry => entry.name);
  told.wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const table = document.querySelector("table.sortable");
  const heads = [...table.tHead.rows[0].cells], at = heads.findIndex(head => head.classList.contains("number"));
  const seen = () => [...table.tBodies[0].rows].map(row => row.cells[at].dataset.order);
  const button = heads[at].querySelector("[tabindex]"), input = document.querySelector("input[type=search]");
  Object.assign(told, { role: button.getAttribute("role"), label: button.getAttribute("aria-label") });
  told.inputLabel = input.getAttribute("aria-label");
  button.click();
  await wait();
  Object.assign(told, { up: seen(), ariaUp: heads[at].getAttribute("aria-sort") });
  button.dispatchEvent(new KeyboardEvent("keydown", press));
  button.dispatchEvent(new KeyboardEvent("keypress", press));
  await wait();
  Object.assign(told, { down: seen(), ariaDown: heads[at].getAttribute("aria-sort") });
  input.value = "xgb";
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await wait();
  told.filtered = [...table.tBodies[0].rows].map(row => row.textContent.includes("xgboost"));
  told.rowHeads = table.querySelectorAll("tbody th[scope=row]").length;
  told.enhanced = document.querySelectorAll("table.dataTable").length;
  const out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify(told);
  document.body.append(out);
});
"""


def browse(address: str, profile: Path, *flags: str) -> tuple[str, list[str]]:
    """Return the page as it is after its scripts ran, and what the console said."""
    command = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={profile}",
        "--virtual-time-budget=4000", "--enable-logging=stderr", *flags, "--dump-dom", address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def probed(address: str, profile: Path, *flags: str) -> dict[str, Any]:
    """Run a page that holds the probe and return what it saw."""
    dom, console = browse(address, profile, *flags)
    assert console == []
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, flags=re.DOTALL)
    assert found, dom[-2000:]
    told: dict[str, Any] = json.loads(unescape(found[1]))
    return told


def add_probe(folder: Path) -> None:
    """Let every page of a site load the probe."""
    (folder / "assets" / "probe.js").write_text(PROBE)
    tag = '<script defer src="assets/probe.js"></script></head>'
    for page in folder.glob("*.html"):
        page.write_text(page.read_text(encoding="utf-8").replace("</head>", tag), encoding="utf-8")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_site(shared_board(), folder)
    add_probe(folder)
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_tables_sort_and_filter_by_mouse_and_keyboard(site: Path, tmp_path: Path) -> None:
    told = probed((site / "index.html").as_uri(), tmp_path)
    numbers = [float(x) for x in told["up"] if x]
    assert len(numbers) == 4 and numbers == sorted(numbers) and told["up"][-1] == ""  # the hole stays last
    assert [float(x) for x in told["down"] if x] == numbers[::-1] and told["down"][-1] == ""
    assert (told["ariaUp"], told["ariaDown"], told["role"]) == ("ascending", "descending", "button")
    assert "tie" in told["label"] and told["inputLabel"].startswith("Filter rows of: apl-sim")
    assert told["filtered"] == [True]
    assert told["rowHeads"] == 1 and told["enhanced"] == told["tables"] > 4


@pytest.mark.parametrize("kind", ["index", "task", "scores", "entry", "further", "claims"])
def test_nothing_is_asked_of_the_network_and_phones_need_no_sideways_scroll(
    server: str, tmp_path: Path, kind: str
) -> None:
    names = {"index": "index.html", "task": file_name("task", "apl-sim"), "entry": file_name("entry", "xgboost")}
    names |= {"claims": "claims.html", "further": file_name("task", "apl-sim", "What decisions are worth")}
    names["scores"] = file_name("scores", "apl-sim", "in-domain")
    told = probed(f"{server}/{names[kind]}", tmp_path, "--window-size=360,800")
    assert told["violations"] == [] and told["wide"] == 0
    own = {f"{server}/assets/{name}" for name in ("site.css", "site.js", "dataTables.min.js", "probe.js")}
    assert set(told["requests"]) == own


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    write_site(hostile_board(), tmp_path / "site")
    for page in ("index.html", next((tmp_path / "site").glob("task-*")).name):
        dom, console = browse((tmp_path / "site" / page).as_uri(), tmp_path / "profile")
        assert console == [] and "dataTable" in dom
