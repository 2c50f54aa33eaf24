"""What staff fill in about contacts."""
