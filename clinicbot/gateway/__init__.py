"""The only public process: identity, limits, inbox, safety gate, and a reply whatever is broken behind it.

May import faq, safety, store and the top-level modules; never nlu or Rasa.
"""
