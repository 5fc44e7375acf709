"""The two dialects, the two ways of writing a call, and ids that are none."""

import json
import uuid

V1, V2 = "/api/v1", "/api/v2"
LINK = "https://example.com/p/1"
ARABIC_THREE = "\N{ARABIC-INDIC DIGIT THREE}"
ODD_IDS = ["", "-1", "0", str(2**63), "1" * 5000, "1 OR 1=1", "../", str(uuid.UUID(int=1)), "1e3", ARABIC_THREE, "\x00"]


def as_form(client, key, action, *, address=V2, **parameters):
    return client.post(address, {"key": key, "action": action, **parameters})


def as_json(client, key, action, *, address=V2, **parameters):
    body = json.dumps({"key": key, "action": action, **parameters})
    return client.post(address, body, content_type="application/json")
