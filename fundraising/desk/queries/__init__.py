"""Reads that put the slices together: what happened with a contact, from wherever it stands."""
