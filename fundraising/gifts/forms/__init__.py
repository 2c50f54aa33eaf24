"""What staff choose about gifts, and how that is called."""
