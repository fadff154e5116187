from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata, spearmanr

from datasets.cohort import CohortError
from datasets.fetch.sources import RemoteFile
from datasets.public import golub, leukemia_cross, leukemia_hgu95av2
from datasets.public.leukemia_cross import symbols_of
from datasets.read import FOLDER, HALLMARK
from datasets.schemes import splitters as schemes

real = pytest.mark.realdata


def write(root, *, labels="ALL AML ALL AML", rows=None):
    folder = root / leukemia_hgu95av2.NAME
    folder.mkdir(parents=True, exist_ok=True)
    rows = rows or ["MPO\t1_at\t100\t900\t200\t800", "MPO\t2_at\t300\t400\t500\t600", "CD33\t3_at\t-5\t1\t2\t99999"]
    header = "Gene\tNAME\tALL_1\tAML_1\tALL_2\tAML_2"
    (folder / leukemia_hgu95av2.EXPRESSION).write_text("\n".join([header, *rows]) + "\n")
    (folder / leukemia_hgu95av2.LABELS_FILE).write_text(f"4 2 1\n# ALL AML\n{labels}\n")
    return root


def test_a_gene_is_the_highest_of_its_probes(tmp_path):
    cohort = leukemia_hgu95av2.load(data_root=write(tmp_path))
    assert cohort.gene_names == ("CD33", "MPO")
    np.testing.assert_allclose(2 ** cohort.genes[:, 1], [300, 900, 500, 800], rtol=1e-5)
    assert cohort.y.tolist() == [0, 1, 0, 1]
    assert cohort.specimen.tolist() == ["ALL_1", "AML_1", "ALL_2", "AML_2"]
    assert cohort.has("genes").all()
    (tmp_path / leukemia_hgu95av2.NAME / leukemia_hgu95av2.LABELS_FILE).write_text("4 2 1\n# ALL AML")
    with pytest.raises(CohortError, match="has 0 labels for 4 columns"):
        leukemia_hgu95av2.load(data_root=tmp_path)


def golub_files(root, described):
    """Write both files of the other chip, whose probes have descriptions in place of symbols."""
    (root / golub.NAME).mkdir()
    for number, file in enumerate(golub.FILES.values()):
        values = np.random.default_rng(number).integers(0, 20_000, (len(described), 2))
        header = [golub.DESCRIPTION, golub.ACCESSION, f"{2 * number + 1}", "call", f"{2 * number + 2}", "call"]
        rows = [
            [text, f"P{k}_at", a, "A", b, "P"] for k, (text, (a, b)) in enumerate(zip(described, values, strict=True))
        ]
        pd.DataFrame(rows, columns=header).to_csv(root / golub.NAME / file, index=False)
    (root / golub.NAME / golub.LABELS_FILE).write_text("patient,cancer\n1,AML\n2,ALL\n3,ALL\n4,AML\n")


def test_two_chips_share_genes_and_each_sample_its_own_ranks(tmp_path, monkeypatch):
    monkeypatch.delenv("HEMABENCH_DATA", raising=False)
    monkeypatch.setattr("datasets.roots.platformdirs.user_data_dir", lambda _: str(tmp_path / "user"))
    described = ["MPO Myeloperoxidase", "Antigen (CD33) gene", "CD19 Cd19 antigen", "MPO Myeloperoxidase again", "None"]
    golub_files(tmp_path, described)
    levels = {"CD33": "900 150 4000 10", "ACTB": "1 2 3 4", "MPO": "500 800 3000 20000", "CD19": "700 100 3500 9"}
    rows = ["\t".join([gene, f"{gene}_at", *values.split()]) for gene, values in levels.items()]
    cohort = leukemia_cross.load(data_root=write(tmp_path, rows=rows))
    assert cohort.gene_names == ("CD19", "CD33", "MPO")
    assert cohort.specimen.tolist() == [f"HuGeneFL-{k}" for k in "1234"] + [
        f"HGU95Av2-{name}" for name in ("ALL_1", "AML_1", "ALL_2", "AML_2")
    ]
    assert cohort.domain.tolist() == ["HuGeneFL"] * 4 + ["HGU95Av2"] * 4
    assert cohort.y.tolist() == [1, 0, 0, 1, 0, 1, 0, 1]
    first = np.concatenate([t.values for t in golub.read_tables(tmp_path / golub.NAME).values()]).clip(100, 16000)
    highest = np.stack([first[:, 2], first[:, 1], np.maximum(first[:, 0], first[:, 3])], axis=1)
    second = np.array([[700, 900, 500], [100, 150, 800], [3500, 4000, 3000], [100, 100, 16000]])
    expected = norm.ppf((rankdata(np.concatenate([highest, second]), axis=1) - 0.5) / 3)
    np.testing.assert_allclose(cohort.genes, expected, atol=1e-6)
    assert cohort.has("genes").all() and cohort.provenance.absent[0].startswith("no pathways: ")
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / HALLMARK).write_text("A\tx\tMPO\n")
    for module in (leukemia_cross, leukemia_hgu95av2):
        assert module.load(data_root=tmp_path).provenance.absent == ()
        monkeypatch.setattr(module, "hallmark", lambda names, root: ({"A": tuple(names)}, ""))
        cohort = module.load(data_root=tmp_path)
        assert cohort.gene_sets == {"A": cohort.gene_names}


def test_chips_without_a_common_gene_are_refused(tmp_path):
    golub_files(tmp_path, ["APS Prostate specific antigen", "None"])
    with pytest.raises(CohortError, match="genes: the two chips have no gene in common"):
        leukemia_cross.load(data_root=write(tmp_path))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"labels": "ALL AML ALL"}, "3 labels for 4 columns"),
        ({"labels": "ALL AML MLL AML"}, r"unknown classes \['MLL'\]\. Known: ALL, AML"),
        ({"labels": "F C A E B D"}, r"unknown classes \['A', 'B', 'C', 'D', 'E', 'F'\]"),
        ({"labels": ""}, "0 labels for 4 columns"),
        ({"rows": ["MPO\t1_at\t1\t2\t3\t4", "MPO\t1_at\t1\t2\t3\t4"]}, "more than once"),
        ({"rows": ["MPO\t1_at\t1\t\t3\t4"]}, r"AML_1: is empty in some lines \(first: line 2\)"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, files, message):
    with pytest.raises(CohortError, match=message):
        leukemia_hgu95av2.load(data_root=write(tmp_path, **files))


def test_symbols_are_taken_from_descriptions_only_where_the_other_chip_has_them():
    described = {
        "FMR1 Fragile X mental retardation 1": "FMR1",
        "Sin3 associated polypeptide p18 (SAP18) mRNA": "SAP18",
        "GB DEF = EXTL2 (EXTL2) mRNA; partial cds": "EXTL2",
        "Gamma-glutamyl hydrolase (hGH) mRNA": "",  # no symbol, and not growth hormone
        "CARBONIC ANHYDRASE III": "",
        "APS Prostate specific antigen": "",  # a symbol that the other chip does not know
        "Ribosomal Protein L18a Homolog": "",
    }
    known = {"FMR1", "SAP18", "EXTL2", "GH1", "CARBONIC"}
    assert symbols_of(list(described), known) == tuple(described.values())


@pytest.mark.parametrize("wrong", [(), ("first",), ("second",), ("first", "second")])
def test_two_chips_are_modified_where_one_is(tmp_path, monkeypatch, wrong):
    for name, module in (("first", golub), ("second", leukemia_hgu95av2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text("four")
        files = (RemoteFile("a.csv", 5 if name in wrong else 4),)
        monkeypatch.setattr(module, "SOURCE", replace(module.SOURCE, files=files))
    told = leukemia_cross._provenance(tmp_path / "first", tmp_path / "second", "")
    assert told.modified == bool(wrong)


@real
def test_real_counts():
    cohort = leukemia_hgu95av2.load()
    assert cohort.genes.shape == (48, 9020)
    assert np.bincount(cohort.y).tolist() == [24, 24]
    assert len(cohort.gene_sets) == 50
    assert not cohort.provenance.modified


@real
def test_cross_counts_and_domains():
    cohort = leukemia_cross.load()
    assert cohort.genes.shape == (120, 1318)
    assert len(cohort.gene_sets) == 49
    counts = pd.crosstab(cohort.domain, cohort.y)
    assert counts.loc["HuGeneFL"].tolist() == [47, 25]
    assert counts.loc["HGU95Av2"].tolist() == [24, 24]


@real
def test_matched_probes_are_as_many_as_the_card_says():
    known = set(leukemia_hgu95av2.read_arrays(leukemia_hgu95av2.find()).symbols)
    symbols = symbols_of(golub.read_tables(golub.find())["training"].descriptions, known)
    assert sum(s != "" for s in symbols) == 1516
    assert len(set(symbols) - {""}) == 1318


@real
def test_matched_genes_behave_alike_on_both_chips_and_shuffled_ones_do_not():
    cohort = leukemia_cross.load()
    differences = []
    for chip in leukemia_cross.DOMAINS:
        here = cohort.domain == chip
        differences.append(cohort.genes[here & (cohort.y == 1)].mean(0) - cohort.genes[here & (cohort.y == 0)].mean(0))
    shuffled = np.random.default_rng(0).permutation(differences[1])
    assert spearmanr(*differences).statistic == pytest.approx(0.54, abs=0.005)  # as the card says
    assert abs(spearmanr(differences[0], shuffled).statistic) < 0.15


@real
def test_one_chip_is_left_out_in_each_fold():
    cohort = leukemia_cross.load()
    plan = schemes.leave_one_domain_out(cohort)
    for fold in plan.folds:
        roles = plan.roles(cohort, fold)
        tested = np.concatenate([rows for role, rows in roles.items() if role.startswith("test")])
        learned = np.concatenate([roles["train"], roles["valid"]])
        assert len(set(cohort.domain[tested])) == 1
        assert set(cohort.domain[tested]).isdisjoint(cohort.domain[learned])
