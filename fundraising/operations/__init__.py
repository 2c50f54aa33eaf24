"""Running the house: backup and restore, the composed ledger check, health, alerts, server, demo data."""
