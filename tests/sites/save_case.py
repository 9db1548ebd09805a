"""Save a test case: one capture as ``<site>/<case>.warc.gz`` and the expected fields as ``<case>.json``.

    python tests/sites/save_case.py SITE CASE URL --archive DATA [--at TIME]
    python tests/sites/save_case.py SITE CASE URL --html FILE --at TIME [--content-type TYPE]

The JSON contains what extraction reads today: compare it with the page and correct every wrong field before you commit
the case. Only pages that may be redistributed belong here: self-made or freely licensed ones.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from archive import Block, Capture, Collection
from crawler.survey.cases import case_values, read_capture, save_case

FOLDER = Path(__file__).resolve().parent


def capture_of(html: bytes, url: str, at: datetime, content_type: str) -> Capture:
    """Return a capture of the page as a server would have sent it."""
    parts = urlsplit(url)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(html)}\r\n\r\n"
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    return Capture(url=url, started_at=at, request=request, response=Block(head.encode() + html))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("site", "case", "url"):
        parser.add_argument(name)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--archive", type=Path, help="archive that contains the page")
    source.add_argument("--html", type=Path, help="file that contains the page")
    parser.add_argument("--at", type=datetime.fromisoformat, help="time of capture (default: now)")
    parser.add_argument("--content-type", default="text/html", help="value of the Content-Type header, with --html")
    args = parser.parse_args()
    at = (args.at or datetime.now(UTC)).astimezone(UTC)
    if args.html:
        capture = capture_of(args.html.read_bytes(), args.url, at, args.content_type)
    else:
        with Collection(args.archive) as collection:
            capture = collection.closest(args.url, at, status=200)
        if capture is None:
            parser.exit(1, f"{args.archive} has no page of {args.url}\n")
    saved = save_case(FOLDER / args.site, args.case, capture, case_values(read_capture(capture)))
    print(f"{saved}: now read the page and correct the .json beside it")


if __name__ == "__main__":
    main()
