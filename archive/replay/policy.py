"""Security headers: a browser may only show a replayed page, whatever rewriting missed in it."""

from collections.abc import Mapping

from archive.replay.address import DOCUMENTS, FRAMED_PAGE, INNER_FRAME, RAW


def security_headers(root: str, modifier: str) -> Mapping[str, str]:
    """Return the headers for a capture. `root` is the absolute URL of its resources in replay, without a final slash.

    ``sandbox`` gives the document an opaque origin: no scripts, forms, plug-ins, workers, storage or cookies. Resources
    may only come from replay. A FRAMED_PAGE may lead the whole window to another page, but only after a click; its
    links have been rewritten to the application's own pages by `archive.replay.html`.
    """
    sandbox = "sandbox allow-top-navigation-by-user-activation" if modifier == FRAMED_PAGE else "sandbox"
    source = f"{root}/" if "[" not in root else "'self'"  # a policy cannot contain IPv6 addresses
    # The page around an inner frame has an opaque origin, which no policy can name.
    ancestors = "" if modifier == INNER_FRAME else "frame-ancestors 'self'; "
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src {source} data:; style-src {source} 'unsafe-inline'; font-src {source} data:; "
            f"media-src {source}; frame-src {source}; base-uri 'none'; form-action 'none'; {ancestors}{sandbox}"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "autoplay=(), camera=(), fullscreen=(), geolocation=(), microphone=()",
        "Origin-Agent-Cluster": "?1",
        **resource_policy(modifier),
    }


def viewer_headers(modifier: str) -> Mapping[str, str]:
    """Return the headers for a PDF document, a film or sound that is shown on its own.

    Those of a capture without the sandbox, in which browsers neither run their viewers nor load films. A viewer runs no
    scripts of the origin that the document comes from.
    """
    policy = (
        "default-src 'none'; object-src 'self'; media-src 'self'; img-src 'self' data:; style-src 'unsafe-inline'; "
    )
    return {
        **security_headers("", modifier),
        "Content-Security-Policy": f"{policy}base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    }


def raw_policy() -> Mapping[str, str]:
    """Return the headers for a capture as received, which may hold anything."""
    return {**security_headers("", RAW), "Content-Security-Policy": "default-src 'none'; sandbox"}


def resource_policy(modifier: str) -> Mapping[str, str]:
    """Return the header that states which origins may load a capture, or a redirect to one.

    Resources of pages are open: to browsers, the page of opaque origin that they belong to is another origin. The
    application around replay must keep other pages from requesting them.
    """
    return {"Cross-Origin-Resource-Policy": "same-origin" if modifier in (*DOCUMENTS, RAW) else "cross-origin"}


def font_headers(request: Mapping[str, str], media_type: str) -> Mapping[str, str]:
    """Return the CORS headers of a response to a request with the headers `request`; only fonts have any.

    Browsers request fonts with CORS, here from an opaque origin ("null"). Any page can have such an origin, but none
    can read the bytes of a font it loads, and no script can send ``Sec-Fetch-Dest: font``. Browsers leave that header
    out if the connection is not trustworthy (plain HTTP to another machine); `media_type` decides then.
    """
    destination = request.get("sec-fetch-dest")
    is_font = destination == "font" if destination is not None else "font" in media_type
    allowed = {"Access-Control-Allow-Origin": "null"} if is_font and request.get("origin") == "null" else {}
    return {"Vary": "Origin, Sec-Fetch-Dest", **allowed}


def notice_headers() -> Mapping[str, str]:
    """Return the headers for replay's own pages, which may be shown in a frame."""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
