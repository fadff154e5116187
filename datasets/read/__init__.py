"""Read files in the formats of their sources."""

from datasets.read import duplicates
from datasets.read.anndata_cohort import dense
from datasets.read.bioc_expression_set import ExpressionSet, read_expression_set
from datasets.read.class_folders import (
    Cells,
    ClassFolders,
    cell_cohort,
    choose,
    class_root,
    find_classes,
    find_file,
    labelled_images,
    shortfall,
)
from datasets.read.codes import YES_NO, code, codes, known_codes, labels, named_rows, spelled, text
from datasets.read.copy_alignment import align
from datasets.read.copy_candidates import find_candidates
from datasets.read.decode import DAMAGED, Crop, Cut, Decoded, ImageFile, Skipped, decode_images, find_files, find_images
from datasets.read.delimited import read_cells, read_header
from datasets.read.duplicates import find_copies, groups
from datasets.read.expression_scale import collapse_probes, log2_thresholded, rank_scores
from datasets.read.gmt import FOLDER, HALLMARK, SOURCE_PAGE, hallmark, read_gmt
from datasets.read.h5ad import PIP, cohort_from_h5ad, open_h5ad
from datasets.read.mutation_table import mutated
from datasets.read.parquet_file import is_parquet, read_parquet
from datasets.read.rda_file import read_rda
from datasets.read.separators import other_separator
from datasets.read.single_cells import image_provenance, single_cells, without_leaks
from datasets.read.table_bytes import written
from datasets.read.text_table import BLANKS, category, matrix, numbers, pick, read_text, unique_ids
from datasets.read.units import KNOWN, UnitError, factor, known_unit
from datasets.read.window import Window

__all__ = [
    "BLANKS",
    "DAMAGED",
    "FOLDER",
    "HALLMARK",
    "KNOWN",
    "PIP",
    "SOURCE_PAGE",
    "YES_NO",
    "Cells",
    "ClassFolders",
    "Crop",
    "Cut",
    "Decoded",
    "ExpressionSet",
    "ImageFile",
    "Skipped",
    "UnitError",
    "Window",
    "align",
    "category",
    "cell_cohort",
    "choose",
    "class_root",
    "code",
    "codes",
    "cohort_from_h5ad",
    "collapse_probes",
    "decode_images",
    "dense",
    "duplicates",
    "factor",
    "find_candidates",
    "find_classes",
    "find_copies",
    "find_file",
    "find_files",
    "find_images",
    "groups",
    "hallmark",
    "image_provenance",
    "is_parquet",
    "known_codes",
    "known_unit",
    "labelled_images",
    "labels",
    "log2_thresholded",
    "matrix",
    "mutated",
    "named_rows",
    "numbers",
    "open_h5ad",
    "other_separator",
    "pick",
    "rank_scores",
    "read_cells",
    "read_expression_set",
    "read_gmt",
    "read_header",
    "read_parquet",
    "read_rda",
    "read_text",
    "shortfall",
    "single_cells",
    "spelled",
    "text",
    "unique_ids",
    "without_leaks",
    "written",
]
