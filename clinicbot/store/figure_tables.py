"""The tables of what was understood, and the counts that remain when conversations are erased.

Times are naive UTC; days are the clinic's.
"""

from sqlalchemy import Boolean, Column, Date, DateTime, Float, ForeignKey, Integer, String, Table, Text

from clinicbot.store.metadata import metadata

# What Rasa made of a message; goes with it.
understandings = Table(
    "understandings",
    metadata,
    Column("message_id", Integer, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("label", String(140), nullable=False, index=True),  # the first part's intent, or topic/name of an FAQ
    Column("labels", Text, nullable=False),  # JSON list of all parts' labels
    Column("confidence", Float, nullable=False),
    Column("nearest", Text, nullable=False),  # JSON list of FAQ ids that come nearest
    Column("release", Integer),  # the one that answered
)

# Anonymous: no message, no person. They outlive both.
daily_counts = Table(
    "daily_counts",
    metadata,
    Column("day", Date, primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("language", String(8), primary_key=True),
    Column("kind", String(16), primary_key=True),  # a reply's kind
    Column("label", String(140), primary_key=True),  # FAQ or intent; "" where Rasa was not asked
    Column("count", Integer, nullable=False),
)

daily_thumbs = Table(
    "daily_thumbs",
    metadata,
    Column("day", Date, primary_key=True),
    Column("label", String(140), primary_key=True),
    Column("helpful", Boolean, primary_key=True),
    Column("count", Integer, nullable=False),
)

# How long replies took, in buckets: counts of replies up to so many milliseconds.
daily_durations = Table(
    "daily_durations",
    metadata,
    Column("day", Date, primary_key=True),
    Column("up_to_ms", Integer, primary_key=True),
    Column("count", Integer, nullable=False),
)

# Messages of the review queue that somebody has dealt with.
review_decisions = Table(
    "review_decisions",
    metadata,
    Column("message_id", Integer, ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("decision", String(16), nullable=False),  # added, out_of_scope, not_in_document, dismissed
    Column("faq", String(140)),
    Column("wrote", Boolean, nullable=False),  # whether its words became a phrasing, so that it can be taken back
    Column("person", String(64), nullable=False),
    Column("at", DateTime, nullable=False),  # the same for all messages of one act
)
