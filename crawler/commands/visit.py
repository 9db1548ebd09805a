"""The crawl process of a visit: the ``broadsheet`` command, tied to the worker that started it.

    python -m crawler.commands.visit WORKER UNTIL crawl SITE

WORKER is the worker's process id. UNTIL is the monotonic time until which the crawl may go on at first.
"""

import sys

from crawler.commands import main
from crawler.schedule import watchdog

if __name__ == "__main__":
    _, worker, until, *arguments = sys.argv
    watchdog.tie_to_worker(int(worker), float(until))
    main(arguments)
