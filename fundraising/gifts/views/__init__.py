"""Staff pages about gifts."""
