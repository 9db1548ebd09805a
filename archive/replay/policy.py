"""What a browser may do with a replayed answer: show it. The last word, whatever a page brings along."""

from collections.abc import Mapping

from archive.replay.address import FRAMED


def security_headers(root: str, modifier: str) -> Mapping[str, str]:
    """The headers of an answer from the archive. `root` is the absolute URL of replay, without a slash at its end.

    The document has an origin of its own that is nobody's (``sandbox``): no script, form, plug-in, worker, storage or
    cookie, and parts from replay alone. In a frame of ours a reader's click, and nothing else, may lead the frame's
    owner to another page, which `archive.replay.html` has made one of ours.
    """
    sandbox = "sandbox allow-top-navigation-by-user-activation" if modifier == FRAMED else "sandbox"
    parts = f"{root}/" if "[" not in root else "'self'"  # a policy has no form for an IPv6 address
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src {parts} data:; style-src {parts} 'unsafe-inline'; font-src {parts} data:; "
            f"media-src {parts}; frame-src {parts}; base-uri 'none'; form-action 'none'; {sandbox}"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "autoplay=(), camera=(), fullscreen=(), geolocation=(), microphone=()",
        # A font is asked for with CORS, from an origin that is nobody's.
        "Access-Control-Allow-Origin": "*",
        "Origin-Agent-Cluster": "?1",
    }


def notice_headers() -> Mapping[str, str]:
    """The headers of replay's own pages, which may be shown in a frame of ours."""
    return {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
