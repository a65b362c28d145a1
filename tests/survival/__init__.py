"""A gateway in a process of its own is killed at each step of a message's way; nothing may be lost or said twice."""
