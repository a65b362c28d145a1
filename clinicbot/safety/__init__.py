"""Red flags and the locked emergency text. Needs neither Rasa nor a model; imports no web code."""
