"""What donors fill in, read with suspicion and answered with patience."""
