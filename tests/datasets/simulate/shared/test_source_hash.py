"""The hash of a generator's source against one made of the files by hand."""

import hashlib
from pathlib import Path

import datasets.simulate
from datasets.simulate.shared.source_hash import source_hash


def test_the_hash_of_a_generator_covers_its_loader_and_its_rooms_in_order(monkeypatch):
    root = Path(datasets.simulate.__file__).parent
    digest = hashlib.sha256()
    files = [root.parent / "generated/mito_sim.py"]
    files += [path for room in ("mito", "shared") for path in sorted((root / room).iterdir()) if path.suffix == ".py"]
    for path in files:
        digest.update(str(path.relative_to(root.parent)).encode() + b"\0" + path.read_bytes() + b"\0")
    assert source_hash("mito_sim", "mito", "shared") == digest.hexdigest()
    glob = Path.glob
    monkeypatch.setattr(Path, "glob", lambda *words: sorted(glob(*words), reverse=True))  # a disk may list in any order
    assert source_hash.__wrapped__("mito_sim", "mito", "shared") == digest.hexdigest()
    others = {source_hash("mito_sim", "shared", "mito"), source_hash("apl_sim", "mito", "shared"), digest.hexdigest()}
    assert len(others) == 3
