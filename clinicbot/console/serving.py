"""The console's process: loopback only, behind the gateway."""

import uvicorn

from clinicbot.settings import Settings


def serve(settings: Settings) -> None:
    """Until it is stopped. Only the gateway can reach it, so what that says of the browser is believed."""
    uvicorn.run(
        "clinicbot.console.app:create_app",
        factory=True,
        host="127.0.0.1",
        port=settings.console_port,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        ws="none",
        access_log=False,
        server_header=False,
        date_header=False,  # the gateway says both
        log_level="warning",
        timeout_graceful_shutdown=3,  # somebody's open page waits for events
    )
