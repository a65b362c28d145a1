"""What all tables hang on, whichever module describes them."""

from sqlalchemy import MetaData

metadata = MetaData()
"""One database holds all tables."""
