"""The staff's console: a web application of its own behind the gateway, so that its troubles never reach patients.

May import faq, releases, training and store; nothing but the command line imports it. A page area is one module
`<area>_pages.py` with `routes`, a folder of templates, and `texts/<area>.<language>.yml`.
"""
