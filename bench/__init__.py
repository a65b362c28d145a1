"""Measures the assistant from outside: right answers, speed, memory. May import clinicbot; nothing imports this."""
