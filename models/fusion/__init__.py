"""From the tokens of all modalities to one vector a specimen."""
