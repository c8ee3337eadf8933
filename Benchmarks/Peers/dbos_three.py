"""Workflows of three sequential steps on DBOS Transact.

Usage: dbos_three.py DATABASE_URL WORKFLOWS IN_FLIGHT LATENCY_WORKFLOWS
Prints one JSON object. Workflow and steps are coroutines in one process with the library's defaults: the fastest way that
its documentation shows.
"""

import asyncio
import json
import sys
import time

from dbos import DBOS, DBOSConfig

config: DBOSConfig = {
    "name": "three",
    "system_database_url": sys.argv[1],
    "run_admin_server": False,
    "log_level": "ERROR",
}
DBOS(config=config)


@DBOS.step()
async def step(number: int) -> int:
    return number + 1


@DBOS.workflow()
async def three(number: int) -> int:
    for _ in range(3):
        number = await step(number)
    return number


async def measure(count: int, in_flight: int, latencies: int) -> dict:
    async def one() -> None:
        assert await three(1) == 4

    await asyncio.gather(*(one() for _ in range(10)))
    limit = asyncio.Semaphore(in_flight)

    async def bounded() -> None:
        async with limit:
            await one()

    began = time.perf_counter()
    await asyncio.gather(*(bounded() for _ in range(count)))
    elapsed = time.perf_counter() - began
    taken = []
    for _ in range(latencies):
        start = time.perf_counter()
        await one()
        taken.append(time.perf_counter() - start)
    taken.sort()
    return {
        "peer": "dbos",
        "workflows": count,
        "in_flight": in_flight,
        "per_second": count / elapsed,
        "alone_p50_ms": taken[len(taken) // 2] * 1000 if taken else None,
        "alone_p99_ms": taken[min(len(taken) - 1, len(taken) * 99 // 100)] * 1000 if taken else None,
    }


def main() -> None:
    count, in_flight, latencies = map(int, sys.argv[2:5])
    DBOS.launch()
    print(json.dumps(asyncio.run(measure(count, in_flight, latencies))))
    DBOS.destroy()


if __name__ == "__main__":
    main()
