"""Sends with segment-analytics-python and prints the ids of what it sent."""

import json
import pathlib
import sys
from datetime import datetime

from segment.analytics.client import Client

SDK = "segment-python"
MESSAGES = pathlib.Path(__file__).with_name("messages.json")
ARGUMENTS = {"userId": "user_id", "anonymousId": "anonymous_id", "groupId": "group_id", "previousId": "previous_id"}


def calls():
    """What is sent, in order."""
    messages = json.loads(MESSAGES.read_text(encoding="utf-8").replace("SDK", SDK))
    many = messages["many"]
    return messages["calls"] + [{**many["call"], "properties": {"n": n}} for n in range(many["count"])]


def arguments(call):
    """A call's fields as the SDK's methods name them."""
    named = {ARGUMENTS.get(name, name): value for name, value in call.items() if name != "type"}
    if "timestamp" in named:
        named["timestamp"] = datetime.fromisoformat(named["timestamp"].replace("Z", "+00:00"))
    return named


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: segment_python.py HOST KEY, as in http://127.0.0.1:8080 wk_…")
    host, key = sys.argv[1:]
    errors = []
    client = Client(key, host=host, gzip=True, max_retries=1, on_error=lambda error, _: errors.append(error))
    sent = []
    for call in calls():
        is_queued, message = getattr(client, call["type"])(**arguments(call))
        sent.append({"type": call["type"], "messageId": message["messageId"]})
        if not is_queued:
            errors.append("the SDK's queue is full")
    client.shutdown()
    for error in errors:
        print(f"{SDK}: {error}", file=sys.stderr)
    print(json.dumps({"sdk": SDK, "sent": sent}))
    sys.exit(1 if errors else 0)


main()
