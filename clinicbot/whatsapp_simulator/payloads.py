"""The body of a webhook request: a patient's message, or the status of one of the clinic's, as Meta sends them."""

import time
from typing import Any

from clinicbot.whatsapp_simulator.graph_errors import status_error
from clinicbot.whatsapp_simulator.patient import CLINIC_NUMBER, Json, Patient

ACCOUNT_ID = "102290129340398"
_FREE = {"billable": False, "pricing_model": "PMP", "category": "service", "type": "free_customer_service"}


def message_document(phone_number_id: str, patient: Patient, message: Json) -> Json:
    """`message` as `patient.stamp` made it."""
    return _document(phone_number_id, contacts=[patient.contact()], messages=[message])


def status_document(
    phone_number_id: str, contact: Json, message_id: str, status: str, *, tracker: str | None, error: int | None = None
) -> Json:
    """`status` is sent, delivered, read or failed; `error` the code of why it failed; `contact` the recipient's.

    `tracker` is what the message was sent with as biz_opaque_callback_data.
    """
    report: Json = {"id": message_id, "status": status, "timestamp": str(int(time.time()))}
    if "wa_id" in contact:
        report["recipient_id"] = contact["wa_id"]
    if "user_id" in contact:
        report["recipient_user_id"] = contact["user_id"]
    if tracker is not None:
        report["biz_opaque_callback_data"] = tracker
    if error is not None:
        report["errors"] = [status_error(error)]
    elif status in ("sent", "delivered"):
        report["pricing"] = _FREE
    return _document(phone_number_id, contacts=[contact], statuses=[report])


def older(document: Json, seconds: int) -> Json:
    """The same, but what happened in it happened so much earlier."""
    (entry,) = document["entry"]
    (change,) = entry["changes"]
    value = dict(change["value"])
    for key in ("messages", "statuses"):
        if key in value:
            value[key] = [{**item, "timestamp": str(int(item["timestamp"]) - seconds)} for item in value[key]]
    return {**document, "entry": [{**entry, "changes": [{**change, "value": value}]}]}


def _document(phone_number_id: str, **content: Any) -> Json:
    metadata = {"display_phone_number": CLINIC_NUMBER, "phone_number_id": phone_number_id}
    value = {"messaging_product": "whatsapp", "metadata": metadata, **content}
    change = {"value": value, "field": "messages"}
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": [change]}]}
