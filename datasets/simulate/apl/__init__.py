"""Generate patients with subtypes of acute promyelocytic leukaemia."""
