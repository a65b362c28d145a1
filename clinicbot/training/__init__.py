"""Training: which model belongs to the content of a checkout, and making it."""
