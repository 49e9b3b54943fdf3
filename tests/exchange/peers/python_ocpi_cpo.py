"""A CPO made with python-ocpi 0.3.1, for a Python of its own: `python_ocpi_cpo.py <port> <token A> <folder>`.

Only what the library leaves to its users is here: what sessions and locations there are, and what becomes of
a charging profile. Everything on the wire is the library's.
"""

import base64
import json
import logging
import sys
import threading
from pathlib import Path

import requests
from flask import Flask
from ocpi import createOcpiBlueprint
from ocpi.managers import CredentialsDictMan, LocationManager, SessionManager

PORT, TOKEN_A, FOLDER = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
BASE = f"http://127.0.0.1:{PORT}/ocpi"
ROLES = [{"role": "CPO", "party_id": "PYO", "country_code": "DE", "business_details": {"name": "Peer"}}]
FILE = FOLDER / "credentials.json"
logging.disable(logging.ERROR)


class Profiles:
    """Takes every profile, and posts its result from another thread."""

    def __init__(self):
        self.held = {}

    def putChargingProfile(self, session_id, payload):  # noqa: N802 - the library calls it so
        self.held[session_id] = payload["charging_profile"]
        self._say(payload["response_url"], {"result": "ACCEPTED"})
        return {"result": "ACCEPTED", "timeout": 30}

    def getChargingProfile(self, session_id, duration, response_url):  # noqa: N802
        profile = self.held.get(session_id)
        told = {"start_date_time": profile["start_date_time"], "charging_profile": profile}
        self._say(response_url, {"result": "ACCEPTED", "profile": told})
        return {"result": "ACCEPTED", "timeout": 30}

    def deleteChargingProfile(self, session_id, response_url):  # noqa: N802
        self.held.pop(session_id, None)
        self._say(response_url, {"result": "ACCEPTED"})
        return {"result": "ACCEPTED", "timeout": 30}

    def _say(self, url, result):
        (known,) = json.loads(FILE.read_text()).values()
        shown = base64.b64encode(known["client_token"].encode()).decode()
        headers = {"Authorization": f"Token {shown}"}
        threading.Timer(0.05, requests.post, (url,), {"json": result, "headers": headers}).start()


sessions, locations = SessionManager(), LocationManager()
sessions.sessions = json.loads((FOLDER / "sessions.json").read_text())
locations.locations = json.loads((FOLDER / "locations.json").read_text())
FILE.write_text(json.dumps({TOKEN_A: {"client_url": "", "client_token": "", "endpoints": []}}))
injected = {
    "credentials": {"role": "SENDER", "object": CredentialsDictMan(ROLES, f"{BASE}/versions", str(FILE))},
    "sessions": {"role": "SENDER", "object": sessions},
    "locations": {"role": "SENDER", "object": locations},
    "charging_profiles": {"role": "RECEIVER", "object": Profiles()},
}
app = Flask(__name__)
app.register_blueprint(createOcpiBlueprint(BASE, injected))
app.run("127.0.0.1", PORT, threaded=True)
