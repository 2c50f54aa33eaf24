"""Staff pages of contacts."""
