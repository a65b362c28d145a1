"""The review queue: what patients asked and the assistant did not answer well, without what tells who they are.

Nothing here keeps a patient's words: the queue is computed from the stored conversations, so erasing one empties it.
"""
