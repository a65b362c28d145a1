"""What `/metrics` counts. No label ever holds what a patient wrote."""

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("clinicbot_messages", "Patient messages answered, by kind of the first reply", ["kind", "language"])
RED_FLAGS = Counter("clinicbot_red_flags", "Messages that the safety gate answered, by symptom", ["symptom"])
RASA_FAILURES = Counter("clinicbot_rasa_failures", "Messages that Rasa gave no usable answer to")
PROBLEMS = Counter("clinicbot_problems", "Problem documents sent", ["status"])
FEEDBACK = Counter("clinicbot_feedback", "Thumbs", ["helpful"])
WEBHOOKS = Counter(
    "clinicbot_webhooks",
    "What messaging channels delivered: refused requests; new and repeated messages; statuses; what was not for us",
    ["channel", "outcome"],
)
SENDS = Counter(
    "clinicbot_sends", "Attempts to send on a messaging channel, by what became of them", ["channel", "outcome"]
)
UNAUTHORIZED = Gauge("clinicbot_channel_unauthorized", "1 while a channel refuses our access token", ["channel"])
OUTBOX_WAITING = Gauge("clinicbot_outbox_waiting", "Messages that wait to be sent")
STAFF_TASKS_OPEN = Gauge("clinicbot_staff_tasks_open", "Open tasks of the clinic's staff")
REPLY_SECONDS = Histogram(
    "clinicbot_reply_seconds",
    "From a message's arrival to its replies",
    buckets=(0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.25, 0.5, 1, 2.5, 5, 6, 10),
)
