"""Children and what they leave behind are seen, timed and ended, with and without the kernel's own lists."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import os, signal, subprocess, time
from benchmark.workers import process_tree as tree

me = os.getpid()
sleeps = [subprocess.Popen(["sleep", "600"]) for _ in range(3)]
for listed in (tree._LISTED, False):
    tree._LISTED = listed
    assert tree.children(me) == {one.pid for one in sleeps}, listed
    assert tree.children(sleeps[0].pid) == tree.children(2**30) == set()
tree.end_children(keep={sleeps[0].pid})
assert tree.children(me) == {sleeps[0].pid} and sleeps[0].poll() is None
tree.end(sleeps[0].pid)
tree.end(sleeps[0].pid)
assert tree.children(me) == set()

tree.adopt_orphans()
subprocess.run(["sh", "-c", "sleep 600 & sleep 600 & exec true"])
assert len(tree.children(me)) == 2
tree.end_children()
assert tree.children(me) == set()

leader = subprocess.Popen(["sh", "-c", "sleep 600 & wait"], start_new_session=True)
while not tree.children(leader.pid):
    time.sleep(0.01)
tree.end_session(leader.pid)
assert leader.wait() == -signal.SIGKILL
tree.end_session(2**30)
tree.end_children()

pid = os.fork()
if pid == 0:
    tree.end_with_parent(me, signal.SIGTERM)  # the parent lives: nothing happens
    os.kill(os.getpid(), signal.SIGUSR1) if os.getppid() == me else None
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR1
pid = os.fork()
if pid == 0:
    tree.end_with_parent(2**30, signal.SIGUSR2)  # another made it, so that one is gone
    time.sleep(60)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR2
ours, theirs = os.pipe()
pid = os.fork()
if pid == 0:
    if os.fork() == 0:
        tree.end_with_parent(os.getppid(), signal.SIGKILL)
        os.write(theirs, b"1")
        time.sleep(600)
    os.read(ours, 1)
    os._exit(0)
os.waitpid(pid, 0)
(left,) = tree.children(me)
assert os.waitstatus_to_exitcode(os.waitpid(left, 0)[1]) == -signal.SIGKILL
try:
    tree._prctl(9999, 0)
except OSError as error:
    assert error.errno == 22
else:
    raise AssertionError


def burn(seconds):
    while time.process_time() < seconds:
        pass


def spent():
    return sum(os.times()[:4])


burn(time.process_time() + 0.5)
assert abs(tree.processor_seconds(me) - spent()) < 0.1, (tree.processor_seconds(me), spent())
ours, theirs = os.pipe()
pid = os.fork()
if pid == 0:
    inner = os.fork()
    if inner == 0:
        burn(0.4)
        os.write(theirs, b"1")
        time.sleep(60)
    burn(0.3)
    os.write(theirs, b"1")
    time.sleep(60)
os.read(ours, 1), os.read(ours, 1)
alive = tree.processor_seconds(pid)
assert 0.65 < alive < 1.2, alive
assert abs(tree.processor_seconds(me) - spent() - alive) < 0.2
tree.end_children()
assert tree.processor_seconds(pid) == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processes_are_seen_timed_and_ended():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
