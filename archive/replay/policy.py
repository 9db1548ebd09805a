"""Security headers: a browser may only show a replayed page, whatever rewriting missed in it."""

from collections.abc import Mapping

from archive.replay.address import FRAMED_PAGE


def security_headers(root: str, modifier: str) -> Mapping[str, str]:
    """Return the headers for a capture. `root` is the absolute URL of replay, without a final slash.

    ``sandbox`` gives the document an opaque origin: no scripts, forms, plug-ins, workers, storage or cookies. Resources
    may only come from replay. A FRAMED_PAGE may lead the whole window to another page, but only after a click; its
    links have been rewritten to the application's own pages by `archive.replay.html`.
    """
    sandbox = "sandbox allow-top-navigation-by-user-activation" if modifier == FRAMED_PAGE else "sandbox"
    source = f"{root}/" if "[" not in root else "'self'"  # a policy cannot contain IPv6 addresses
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src {source} data:; style-src {source} 'unsafe-inline'; font-src {source} data:; "
            f"media-src {source}; frame-src {source}; base-uri 'none'; form-action 'none'; {sandbox}"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "autoplay=(), camera=(), fullscreen=(), geolocation=(), microphone=()",
        # Fonts are requested with CORS, here from an opaque origin.
        "Access-Control-Allow-Origin": "*",
        "Origin-Agent-Cluster": "?1",
    }


def notice_headers() -> Mapping[str, str]:
    """Return the headers for replay's own pages, which may be shown in a frame."""
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
