"""Draw cells, stain and optics of a smear."""
