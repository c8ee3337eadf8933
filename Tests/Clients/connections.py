"""connections.py URL COUNT: holds many connections open, idle, slow and in the middle of things, and expects the router to answer others as if nothing were."""
import asyncio
import sys
import time
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
count = int(sys.argv[2])


async def request(path="/healthz"):
    started = time.monotonic()
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
    return time.monotonic() - started


async def latency(times=100):
    taken = sorted([await request() for _ in range(times)])
    return taken[len(taken) // 2] * 1000, taken[-1] * 1000


# What each connection begins with: nothing, a part of a head, a part of a body, one whole request that is answered and kept.
beginnings = [
    b"", b"GET / HTTP/1.1\r\nHo", b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
]


async def main():
    before = await latency()
    held = []
    started = time.monotonic()
    for number in range(count):
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(beginnings[number % len(beginnings)])
        held.append((reader, writer))
    taken = time.monotonic() - started
    during = await latency()
    closed = sum(1 for reader, _ in held if reader.at_eof())
    for _, writer in held:
        writer.close()
    await asyncio.sleep(0)
    after = await latency()
    print(f"    {count} connections in {taken:.1f} s, {closed} closed by the router meanwhile")
    print("    GET /healthz, p50 and worst in ms: " + ", ".join(f"{name} {p50:.1f} and {worst:.1f}" for name, (p50, worst) in
          [("before", before), ("during", during), ("after", after)]))
    if during[0] > 50 + 10 * before[0]:
        sys.exit("    the open connections slow others down")


asyncio.run(main())
