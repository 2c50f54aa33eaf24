"""Privacy: a person's file on request, erasing somebody, and who is due for it."""
