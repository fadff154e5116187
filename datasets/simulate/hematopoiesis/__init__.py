"""Generate single cells of progenitors and mature lineages."""
