"""How a table is read: sections that read one file agree, and what does not fit names section and key."""

from __future__ import annotations

import pytest

from datasets.errors import CohortError
from tests.datasets.own.test_dataset import write_cohort

ROWS = [f"S{i},P{i},{'AB'[i % 4 // 2]},{('AML', 'APL')[i % 2]},{8 + i / 10:.1f}" for i in range(16)]
TABLE = "\n".join(["id,who,site,dx,Hb", *ROWS]) + "\n"
TOML = """
name = "my-cohort"
[specimens]
table = "specimens.csv"
specimen = "id"
patient = "who"
label = "dx"
{specimens}
[clinical]
{clinical}
[clinical.columns]
hb = { column = "Hb", unit = "g/dL" }
"""


def cohort(home, *, specimens="", clinical="", table=TABLE, encoding="utf-8", **more):
    toml = TOML.replace("{specimens}", specimens).replace("{clinical}", clinical)
    dataset = write_cohort(home, toml, **more)
    (home / "specimens.csv").write_bytes(table.encode(encoding))
    return dataset


def refusal(dataset) -> str:
    with pytest.raises(CohortError) as caught:
        dataset.load()
    return str(caught.value)


def parted(mark, *, comma=False):
    return TABLE.replace(",", mark).replace(".", "," if comma else ".")


@pytest.mark.parametrize("clinical", ["", 'table = "specimens.csv"'])
@pytest.mark.parametrize(
    ("specimens", "table", "encoding"),
    [
        ("", TABLE, "utf-8"), ('separator = ";"', parted(";"), "utf-8"),
        ('separator = ";"\ndecimal = ","', parted(";", comma=True), "utf-8"),
        ('encoding = "cp1252"', TABLE.replace(",A,", ",Köln,"), "cp1252"),
        ('missing = ["8.0"]', TABLE, "utf-8"),
    ],
)  # fmt: skip
def test_a_section_that_reads_the_specimen_table_reads_it_in_the_same_way(
    tmp_path, specimens, table, encoding, clinical
):
    values = cohort(tmp_path, specimens=specimens, clinical=clinical, table=table, encoding=encoding).load().clinical
    assert values["hb"].iloc[1:].round(6).tolist() == [80.0 + i for i in range(1, 16)]
    assert values["hb"].isna().iloc[0] == ("missing" in specimens)


def test_what_only_the_section_says_counts_where_it_may(tmp_path):
    table = parted(";", comma=True)
    read = cohort(tmp_path, specimens='separator = ";"', clinical='decimal = ","', table=table).load()
    assert read.clinical["hb"].iloc[0] == 80
    read = cohort(tmp_path, specimens='missing = ["x"]', clinical='missing = ["8.0"]').load()
    assert read.clinical["hb"].isna().sum() == 1


@pytest.mark.parametrize(
    ("specimens", "clinical", "said"),
    [
        ("", 'separator = ";"', 'clinical.separator is ";", but specimens.separator is ",", and both read sp'),
        ("", 'specimen = "who"', 'clinical.specimen is "who", but specimens.specimen is "id"'),
        ('decimal = "."', 'decimal = ","', 'clinical.decimal is ",", but specimens.decimal is "."'),
        ('encoding = "cp1252"', 'encoding = "utf-8"\ntable = "specimens.csv"', 'clinical.encoding is "utf-8", but'),
    ],
)  # fmt: skip
def test_two_ways_to_read_one_file_are_one_line(tmp_path, specimens, clinical, said):
    told = refusal(cohort(tmp_path, specimens=specimens, clinical=clinical))
    assert said in told and told.endswith("under [specimens] alone.") and "\n" not in told


def test_another_table_that_lacks_the_default_column_names_section_and_key(tmp_path):
    labs = "id,Hb\n" + "".join(f"S{i},8\n" for i in range(16))
    told = refusal(cohort(tmp_path, clinical='table = "labs.csv"', labs=labs))
    assert told.startswith('labs.csv: has no column "specimen", and clinical.specimen is not given. ')
    assert told.endswith('Write specimen = "id" under [clinical].')
    (tmp_path / "more.csv").write_text("id,path,A\nS0,a.png,1\n")
    for section in ("genes", "images"):
        toml = TOML.replace("{specimens}", "").split("[clinical]")[0] + f'[{section}]\ntable = "more.csv"\n'
        dataset = write_cohort(tmp_path, toml, specimens=TABLE)
        assert refusal(dataset).endswith(f'{section}.specimen is not given. Write specimen = "id" under [{section}].')


def test_columns_that_are_not_there_are_told_each_with_its_key(tmp_path):
    told = refusal(cohort(tmp_path, table=TABLE.replace("id,who", "ID ,Who").replace("Hb", "HB")))
    assert told.startswith(
        'specimens.csv: lacks columns "id" (specimens.specimen; did you mean "ID "?), '
        '"who" (specimens.patient; did you mean "Who"?). Columns: ID , Who, site, dx, HB.'
    )
    told = refusal(cohort(tmp_path, table=TABLE.replace("Hb", "HB")))
    assert 'lacks column "Hb" (clinical.columns.hb; did you mean "HB"?)' in told


@pytest.mark.parametrize("right", [",", ";", "\t", "|"])
@pytest.mark.parametrize("wrong", [",", ";", "\t", "|"])
def test_another_separator_is_named_in_every_direction(tmp_path, right, wrong):
    written = {"\t": "\\t"}
    dataset = cohort(tmp_path, specimens=f'separator = "{written.get(wrong, wrong)}"', table=parted(right))
    if right == wrong:
        assert len(dataset.load()) == 16
        return
    told = refusal(dataset)
    assert f'Write separator = "{written.get(right, right)}" under [specimens].' in told


def test_a_decimal_comma_is_named_with_the_separator(tmp_path):
    told = refusal(cohort(tmp_path, table=parted(";", comma=True)))
    assert told == (
        'specimens.csv: fields seem to be parted by \';\'. Write separator = ";" and decimal = "," under [specimens].'
    )


@pytest.mark.parametrize(("encoding", "word"), [("cp1252", "Zürich"), ("cp1252", "Köln"), ("latin-1", "Åbo")])
def test_another_encoding_shows_line_text_and_section(tmp_path, encoding, word):
    table = TABLE.replace("S3,P3,A", f"S3,P3,{word}").replace("S3,P3,B", f"S3,P3,{word}")
    told = refusal(cohort(tmp_path, table=table, encoding=encoding))
    assert told.startswith('specimens.csv: is not utf-8: line 5 has a letter of another encoding in "S3,P3,')
    assert word in told and told.endswith('Write encoding = "cp1252" under [specimens].')
    assert "codec" not in told and "0x" not in told


@pytest.mark.parametrize("name", ["hex", "latin-99", "rot13"])
def test_an_encoding_that_is_none_is_told_in_plain_words(tmp_path, name):
    told = refusal(cohort(tmp_path, specimens=f'encoding = "{name}"'))
    assert told.startswith(f"specimens.csv: unknown encoding: {name}. Name a known one.") and "[specimens]" in told


def test_genes_without_a_table_are_told(tmp_path):
    toml = TOML.replace("{specimens}", "").split("[clinical]")[0] + '[genes]\ntransform = "none"\n'
    assert "genes.table names no file; write table = " in refusal(write_cohort(tmp_path, toml, specimens=TABLE))
