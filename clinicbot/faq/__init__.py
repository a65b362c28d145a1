"""The clinic's FAQs and the document they stand on: reading and checking `data/faq` and `data/document`.

Anything may import this; it imports no web, Rasa or model code.
"""
