"""Sets up everything that `make run` and `make test` need; does nothing when it is up to date.

Runs with any Python 3 and its standard library only. Makes `.tools/` (uv) and `.venv/` (Python 3.10 with the locked
packages, byte-compiled). Each thing that can go wrong outside gets one sentence that says what to do.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = os.path.join(ROOT, ".tools")
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, ".ready")
LOG = os.path.join(ROOT, "var", "log", "setup.log")
LOCK = os.path.join(ROOT, "requirements.txt")
UV_VERSION = "0.13.9"
PYTHON = "3.10"


def main():
    """Exit status 0 when the environment is ready."""
    os.chdir(ROOT)
    # trust what the machine trusts: a hospital's network often has a certificate authority of its own
    os.environ.setdefault("UV_SYSTEM_CERTS", "1")
    os.makedirs("var", exist_ok=True)
    wanted = fingerprint()
    if stamp() == wanted and runs(os.path.join(VENV, "bin", "python")):
        return
    uv = install_uv()
    python = find_python() or PYTHON
    say("Setting up Python %s in .venv (once, a minute or two)" % PYTHON)
    call(
        [uv, "venv", "--quiet", "--clear", "--python", python, VENV],
        "Python 3.10 was not found and could not be downloaded: install Python 3.10 (for example with pyenv) "
        "or check the internet connection, then run this again.",
    )
    target = ["--python", os.path.join(VENV, "bin", "python")]
    call(
        [uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"] + target + [LOCK],
        "A package could not be downloaded: check the internet connection, then run this again.",
    )
    call(
        [uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable"] + [ROOT] + target,
        "The project could not be installed into its environment.",
    )
    with open(STAMP + ".new", "w") as file:
        file.write(wanted)
    os.rename(STAMP + ".new", STAMP)


def stamp():
    """What the present environment was made from; empty where there is none."""
    if not os.path.exists(STAMP):
        return ""
    with open(STAMP) as file:
        return file.read()


def fingerprint():
    """What the environment depends on; the place too, since an environment can't be moved."""
    digest = hashlib.sha256(ROOT.encode())
    for path in (LOCK, os.path.join(ROOT, "pyproject.toml"), os.path.abspath(__file__)):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def install_uv():
    """The pinned uv in an environment of its own."""
    uv = os.path.join(TOOLS, "bin", "uv")
    if runs(uv, UV_VERSION):
        return uv
    say("Fetching uv %s, which installs the packages" % UV_VERSION)
    call(
        [sys.executable, "-m", "venv", "--clear", TOOLS],
        "This Python can't make virtual environments: install its venv module "
        "(Debian, Ubuntu: apt install python3-venv), then run this again.",
    )
    call(
        [os.path.join(TOOLS, "bin", "python"), "-m", "pip", "install", "--quiet", "uv==" + UV_VERSION],
        "uv could not be downloaded: check the internet connection, then run this again.",
    )
    return uv


def find_python():
    """A Python 3.10 that really runs: version managers leave shims on PATH that don't."""
    candidates = [shutil.which("python3.10")]
    candidates += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.10.*/bin/python3.10")), reverse=True)
    for candidate in candidates:
        if candidate and runs(candidate, "Python 3.10."):
            return candidate
    return None


def runs(program, expected=""):
    """Whether `program --version` works and says what is expected."""
    try:
        done = subprocess.run([program, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and expected in done.stdout.decode(errors="replace")


def call(command, complaint):
    """Run a command, its output to a log; on failure end with the one sentence that helps."""
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    try:
        with open(LOG, "a") as log:
            subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT)
    except (OSError, subprocess.CalledProcessError):
        sys.exit("%s Details: %s" % (complaint, os.path.relpath(LOG, ROOT)))


def say(text):
    print(text + " …", flush=True)


if __name__ == "__main__":
    main()
