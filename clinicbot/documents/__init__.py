"""The clinic's new text, as a file: read safely, cut into numbered sentences, compared with the present document,
and turned into one change of document and FAQs that a person decided.

May use `faq` and spaCy; knows nothing of web pages or the database. What reads texts or makes vectors is handed in.
"""
