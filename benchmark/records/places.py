"""Places whose files need no watching: the system, libraries and the code of the tree, which have versions or keys."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache

from benchmark.entries import ROOT
from benchmark.records.imports import PACKAGES
from benchmark.records.key import distributions

_MEMORY = "/dev/shm/"  # files of users
_RUNTIME = ("systemd", "udev", "dbus", "lock", "NetworkManager", "resolvconf")  # /run/media, say, holds users' disks
_SYSTEM = (
    *("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/usr/lib/", "/lib/", "/lib64/"),
    *(f"{run}/{name}/" for run in ("/run", "/var/run") for name in _RUNTIME),
    *(os.path.join(sys.prefix, name, "") for name in ("bin", "etc", "share")),
)
_ARCHIVE = f"/python{sys.version_info.major}{sys.version_info.minor}.zip"  # Python looks for it, often in vain
_OF_PYTHON = ("/pyvenv.cfg", _ARCHIVE)
_ABOUT_DISTRIBUTIONS = (".dist-info", ".egg-info")  # an editable install has its own in a checkout


@cache
def has_version(path: str) -> bool:
    """Return whether a file is of the system, tells the version of a distribution, or ``is_installed``."""
    of_system = path.startswith(_SYSTEM) and not path.startswith(_MEMORY)
    tells_versions = os.path.dirname(path).endswith(_ABOUT_DISTRIBUTIONS)
    return of_system or tells_versions or path.endswith(_OF_PYTHON) or is_installed(path)


@cache
def is_installed(path: str) -> bool:
    """Return whether a file is code of the tree, or of the standard library or an installed distribution."""
    site_packages, library, tree = _folders()
    for folder in site_packages:
        if path.startswith(folder):
            top = path[len(folder) :].partition(os.sep)[0]
            return top.endswith(".dist-info") or _is_of_a_distribution(top)
    return path.startswith(library) or (path.startswith(tree) and path.endswith((".py", ".pyc")))


def _is_of_a_distribution(top: str) -> bool:
    """Return whether a name in a folder of distributions belongs to one; finders of editable installs only point."""
    return top.startswith("__editable__") or top.partition(".")[0] in distributions()


@cache
def _folders() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the folders of installed distributions, of the standard library and of the tree, each with "/"."""
    named = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    library = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), os.path.dirname(os.__file__)]
    tree = [str(ROOT / package) for package in PACKAGES]
    return _with_end([*named, site.getusersitepackages()]), _with_end(library), _with_end(tree)


def _with_end(folders: Iterable[str]) -> tuple[str, ...]:
    either = {path for folder in folders for path in (folder, os.path.realpath(folder))}
    return tuple(path + os.sep for path in either)
