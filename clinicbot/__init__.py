"""The Apex Clinic patient FAQ assistant: plain Python, importable without a server.

Arrows point one way: gateway and training may use faq, nlu, safety and store, never the reverse.
"""

__version__ = "0.1.0"
