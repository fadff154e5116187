"""Keep trials on disk under the hash of all that determines them."""
