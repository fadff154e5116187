"""A library that is imported later is the library, for whoever imports it in whatever way."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "use",
    [
        "import xml as x; assert 'xml.dom' not in sys.modules; import xml.dom; assert x.dom is xml.dom",
        "from xml import dom; assert dom.__name__ == 'xml.dom'",
        "import xml.sax.handler; assert xml.sax.handler.ContentHandler",
        "import xml as x; path = x.__path__; import xml as y; assert y is not x and y.__path__ is path",
    ],
)
def test_it_is_imported_when_it_is_used(use):
    code = f"import sys; from benchmark.commands.later import import_later; import_later('xml'); {use}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_one_that_is_there_stays_and_one_that_is_not_says_so():
    code = (
        "import sys, xml; from benchmark.commands.later import import_later; import_later('xml'); "
        "assert sys.modules['xml'] is xml; import_later('no_such_library'); import no_such_library; no_such_library.x"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "ModuleNotFoundError: No module named 'no_such_library'" in done.stderr
