"""Workflows of three sequential activities on Temporal's dev server.

Usage: temporal_three.py ADDRESS WORKFLOWS IN_FLIGHT LATENCY_WORKFLOWS
Prints one JSON object. The worker is a process of its own, as Temporal's documentation recommends; the SDK's defaults hold
but for the limits that would keep IN_FLIGHT workflows from running side by side.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = "three"


@activity.defn
async def step(number: int) -> int:
    return number + 1


@workflow.defn
class Three:
    @workflow.run
    async def run(self, number: int) -> int:
        for _ in range(3):
            number = await workflow.execute_activity(
                step, number, start_to_close_timeout=timedelta(seconds=30)
            )
        return number


async def connected(address: str) -> Client:
    """The server needs some seconds before it listens."""
    for attempt in range(60):
        try:
            return await Client.connect(address)
        except RuntimeError:
            if attempt == 59:
                raise
            await asyncio.sleep(1)


async def work(address: str, ready) -> None:
    client = await connected(address)
    # Without the Python sandbox, which is slower: the peer is measured at its best.
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[Three],
        activities=[step],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_activities=1000,
        max_concurrent_workflow_tasks=1000,
        max_concurrent_workflow_task_polls=20,
        max_concurrent_activity_task_polls=20,
    ):
        ready.set()
        await asyncio.Event().wait()


def work_process(address: str, ready) -> None:
    asyncio.run(work(address, ready))


async def measure(address: str, count: int, in_flight: int, latencies: int) -> dict:
    client = await connected(address)

    async def one(name: str) -> None:
        result = await client.execute_workflow(Three.run, 1, id=name, task_queue=QUEUE)
        assert result == 4, result

    await asyncio.gather(*(one(f"warm-{n}") for n in range(10)))
    limit = asyncio.Semaphore(in_flight)

    async def bounded(name: str) -> None:
        async with limit:
            await one(name)

    began = time.perf_counter()
    await asyncio.gather(*(bounded(f"run-{n}") for n in range(count)))
    elapsed = time.perf_counter() - began
    taken = []
    for n in range(latencies):
        start = time.perf_counter()
        await one(f"alone-{n}")
        taken.append(time.perf_counter() - start)
    taken.sort()
    return {
        "peer": "temporal",
        "workflows": count,
        "in_flight": in_flight,
        "per_second": count / elapsed,
        "alone_p50_ms": taken[len(taken) // 2] * 1000 if taken else None,
        "alone_p99_ms": taken[min(len(taken) - 1, len(taken) * 99 // 100)] * 1000 if taken else None,
    }


def main() -> None:
    address, count, in_flight, latencies = sys.argv[1], *map(int, sys.argv[2:5])
    ready = multiprocessing.Event()
    worker = multiprocessing.Process(target=work_process, args=(address, ready), daemon=True)
    worker.start()
    if not ready.wait(90):
        sys.exit("temporal_three: the worker didn't start within 90 s")
    print(json.dumps(asyncio.run(measure(address, count, in_flight, latencies))))
    # Killed: it would hold the pipe of whoever reads this process.
    worker.kill()
    worker.join()


if __name__ == "__main__":
    main()
