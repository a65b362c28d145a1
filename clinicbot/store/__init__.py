"""What is kept of conversations: one database, SQLite by default. Imports no web, Rasa or model code."""
