"""The process a worker starts for a visit: `broadsheet` itself, tied to the worker.

    python -m crawler.commands.visit WORKER UNTIL crawl SITE

WORKER is the worker's process id, UNTIL the monotonic time the crawl may go on until at first.
"""

import sys

from crawler.schedule import watchdog as lifeline

if __name__ == "__main__":
    _, worker, until, *arguments = sys.argv
    lifeline.tie_to_worker(int(worker), float(until))

    from crawler.commands import main

    main(arguments)
