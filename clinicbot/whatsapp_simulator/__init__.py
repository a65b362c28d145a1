"""A stand-in for WhatsApp on one's own machine: Meta's Graph API, the patients' phones, and a page that shows both.

For people without an account, and for the tests of load and faults. Nothing of the product imports it, and it imports
`clinicbot.settings` only, so that it can't share a mistake with what it checks. All its state is in memory.
"""
