"""WhatsApp by Twilio: its webhooks verified and read, its request bodies made and sent.

Facts of the platform are those of Twilio's public documentation as of 2026; what is WhatsApp's own, and so the same
here, comes from `clinicbot.channels.whatsapp`. See docs/whatsapp.md.
"""
