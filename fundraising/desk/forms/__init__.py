"""What staff type at the desk."""
