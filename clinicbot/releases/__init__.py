"""What patients get: numbered releases of content and model, the live one, and how another goes live.

May use `faq`, `nlu`, `safety`, `store` and `training`; the gateway, Rasa's channel and the console use it.
"""
