"""A real Connect client (PyPI connectrpc) against a router: connect_client.py URL.

It knows the mesh's methods only by name: their JSON objects travel as google.protobuf.Struct.
"""
import sys

from connectrpc.client import ConnectClientSync
from connectrpc.code import Code
from connectrpc.codec import proto_json_codec
from connectrpc.errors import ConnectError
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from protobuf.wkt import Struct


def struct(json_text):
    return Struct.from_json(json_text)


def method(service, name):
    return MethodInfo(service_name=service, name=name, input=Struct, output=Struct,
                      idempotency_level=IdempotencyLevel.UNKNOWN, stream_type=StreamType.UNARY)


def check(condition, what):
    if not condition:
        sys.exit(f"connect_client.py: {what}")


def main(url):
    place = method("shop.Orders", "place")
    order = '{"order":{"customer":"c-1","items":[]}}'
    # As it comes: with gzip. And without.
    for options in ({}, {"send_compression": None}):
        client = ConnectClientSync(url, codec=proto_json_codec(), timeout_ms=20_000, **options)
        answer = client.execute_unary(request=struct(order), method=place)
        check('"o-1"' in answer.to_json(), f"an unexpected answer: {answer}")

    try:
        client.execute_unary(request=struct('{"order":{"customer":"c-1","items":[{"quantity":"x"}]}}'), method=place)
        sys.exit("connect_client.py: wrong arguments were taken")
    except ConnectError as error:
        check(error.code == Code.INVALID_ARGUMENT, f"wrong code {error.code}")
        check("order.items[0]" in error.message, f"no path in {error.message}")
        check(error.details[0].type_name == "google.rpc.ErrorInfo", f"wrong detail {error.details[0].type_name}")
        check(b"INVALID_REQUEST" in error.details[0].message_bytes, "the detail lacks the mesh's code")

    for name, code in (("nope", Code.NOT_FOUND), ("audit", Code.UNAUTHENTICATED), ("forget", Code.FAILED_PRECONDITION)):
        try:
            client.execute_unary(request=struct('{"id":"x"}' if name == "audit" else "{}"), method=method("shop.Orders", name))
            sys.exit(f"connect_client.py: {name} was answered")
        except ConnectError as error:
            check(error.code == code, f"{name}: {error.code} instead of {code}")

    try:
        client.execute_unary(request=struct('{"id":"slow"}'), method=method("shop.Orders", "count"), timeout_ms=300)
        sys.exit("connect_client.py: a call without an answer was answered")
    except ConnectError as error:
        check(error.code == Code.DEADLINE_EXCEEDED, f"{error.code} instead of DEADLINE_EXCEEDED")
    print("connect: ok")


main(sys.argv[1])
