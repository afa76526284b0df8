"""`python -m bench.bare_worker ADDRESS`: a worker of the bare workflows, until it is stopped."""

import asyncio
import sys

from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare_workflows import TASK_QUEUE, BareItem, BareOrder, deliver, settle


async def main(address: str) -> None:
    """Work."""
    client = await Client.connect(address)
    worker = Worker(client, task_queue=TASK_QUEUE, workflows=[BareItem, BareOrder], activities=[settle, deliver])
    await worker.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
