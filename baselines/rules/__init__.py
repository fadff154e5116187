"""Decision lists made of published criteria."""
