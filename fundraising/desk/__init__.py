"""The desk of the staff: front page, contact page, lists and search. It composes the slices and owns no tables."""
