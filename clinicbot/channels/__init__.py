"""Messaging channels: how each one's webhooks are verified and read, and its messages rendered and sent.

May import the top-level modules; never a web framework, the database, the gateway, nlu or Rasa.
"""
