"""Generate patients of six mitochondrial and marrow diagnoses."""
