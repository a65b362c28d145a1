"""In the place of the trainer's process: does what the candidate's folder is named after.

`made` and `error` answer; `hang` trains for ever with a helper that holds its pipes; `die` ends; `die-helped` ends too,
but its helper doesn't; `garble` writes half an event. Each process writes its number to `started`, and its helper's.
"""

import json
import os
import signal
import sys
from pathlib import Path


def send(event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def start_helper(folder: Path) -> None:
    helper = os.fork()
    if helper == 0:
        while True:
            signal.pause()
    (folder / "helper").write_text(str(helper))


def main() -> None:
    folder = Path(sys.argv[2])  # the memory's
    with (folder / "started").open("a") as file:
        file.write(f"{os.getpid()}\n")
    for line in sys.stdin:
        request = json.loads(line)
        with (folder / "asked").open("a") as file:
            file.write(line)
        if request["do"] == "prepare":
            send({"error": "damaged"} if "damaged" in request.get("archive", "") else {"prepared": True})
            continue
        send({"progress": 0.1, "step": "training"})
        do = Path(request["candidate"]).name
        if do in ("hang", "die-helped"):
            start_helper(folder)
        if do.startswith("die"):
            os._exit(1)
        if do == "garble":
            sys.stdout.write('{"progress": \n')
            sys.stdout.flush()
        if do in ("hang", "garble"):
            while True:
                signal.pause()
        send({"progress": 0.7, "step": "proving"})
        send({"error": "no such phrasing"} if do == "error" else {"made": {"x" * 200_000: 1}})


if __name__ == "__main__":
    main()
