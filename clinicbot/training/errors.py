"""What can go wrong in training."""


class TrainingError(Exception):
    """Training failed; the message names the log, or what to do."""
