"""What a user may have meant by a line that is no TOML."""

import pytest

from datasets.errors import CohortError
from datasets.toml_file import read_toml


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        (r'table = "C:\Users\me\x.csv"', "Write / in paths, or single quotes around them."),
        (r'table = "D:\data\x.csv"', "Write / in paths, or single quotes around them."),
        ("name = my-cohort", 'Put text in quotes: name = "my-cohort".'),
        ("title = APL against AML  # ours", 'Put text in quotes: title = "APL against AML".'),
        ("name = [", "Correct that line; TOML is explained at https://toml.io."),
    ],
)
def test_a_wrong_line_says_what_to_write(tmp_path, line, remedy):
    (tmp_path / "cohort.toml").write_text(f"a = 1\n{line}\n")
    with pytest.raises(CohortError) as caught:
        read_toml(tmp_path / "cohort.toml")
    assert str(caught.value).startswith("cohort.toml: not valid TOML: ")
    assert str(caught.value).rstrip(".").endswith(remedy.rstrip("."))
