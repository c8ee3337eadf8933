"""Events made by a real CloudEvents SDK (PyPI cloudevents) against a router: cloudevents_client.py URL."""
import json
import sys
import urllib.request

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent


def send(url, message):
    request = urllib.request.Request(
        url + "/events", data=message.body, headers=dict(message.headers), method="POST")
    with urllib.request.urlopen(request) as response:
        return response.status, json.load(response)


def main(url):
    for number, convert in enumerate((to_binary_event, to_structured_event)):
        event = CloudEvent(
            attributes={"id": f"py-{number} é", "source": "/python", "type": "order.placed", "specversion": "1.0",
                        "datacontenttype": "application/json"},
            data={"id": f"o-{number}", "customer": "c-1"})
        for expected in ({"accepted": 1, "repeated": 0}, {"accepted": 0, "repeated": 1}):
            status, answer = send(url, convert(event))
            if status != 202 or answer != expected:
                sys.exit(f"cloudevents_client.py: {convert.__name__}: {status} {answer}")
    print("cloudevents: ok")


main(sys.argv[1])
