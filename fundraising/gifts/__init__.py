"""The ledger: immutable gift entries, their corrections, totals and closed years."""
