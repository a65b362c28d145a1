"""Understanding: Rasa graph components over a sentence encoder, and the plain model inside them.

Holds no web code and no word about any treatment: the domain's words come from the training files.
"""
