"""The crawl process of a visit: runs a ``broadsheet`` command that ends if its worker dies.

    python -m crawler.commands.visit WORKER UNTIL crawl SITE

WORKER is the worker's process id. UNTIL is the end of the first lease, in monotonic time.
"""

import sys

from crawler.commands import main
from crawler.schedule import watchdog

if __name__ == "__main__":
    _, worker, until, *arguments = sys.argv
    watchdog.tie_to_worker(int(worker), float(until))
    main(arguments)
