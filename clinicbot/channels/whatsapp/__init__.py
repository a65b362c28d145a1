"""WhatsApp by Meta's Cloud API: its webhooks verified and read, its request bodies made and sent.

Facts of the platform are those of Meta's public reference as of 2026; see docs/whatsapp.md.
"""
