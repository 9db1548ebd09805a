"""Inputs made to hold a reader up: endless nesting, huge attributes, texts that make regular expressions backtrack."""

#: Name -> page. Each must be read in less than a second of CPU (`benchmarks/hostile_inputs.py`).
PAGES: dict[str, bytes] = {
    "divs": b"<div>" * 200_000,
    "inline": b"<b><i>" * 50_000,
    "tables": b"<table><tr><td>" * 30_000,
    "words": b"<p>" + b"a " * 500_000,
    "links": b"<a href=/x>y</a>" * 30_000,
    "brackets": b"(" * 200_000,
    "comments": b"<!--" * 100_000,
    "glosses": "責(".encode() * 100_000,
    "dates": b"<p>2024-01-01 " * 20_000,
    "bytes": b"\xff" * 1_000_000,
    "paragraphs": "<p>一段很长的话，没有尽头。".encode() * 110_000,
    "gb18030": "一段很长的话，没有尽头。".encode("gb18030") * 100_000,
    "ten megabytes": b"<p>A paragraph of a long page, <a href=/x>linked</a>.\n" * 200_000,
    "one paragraph": b"<p>" + b"a long sentence, without end. " * 130_000,
    "scripts": b"x:=:" * 250_000,
    "meta": b"".join(b"<meta name=keywords content=%d>" % n for n in range(30_000)),
    "style": b"<div style='" + b"left:1;" * 200_000,
    "spaced json": b"<script type=application/ld+json>x" + b" " * 900_000 + b"x</script>",
    "broken json": b'<script type=application/ld+json>{"a":"' + b"\n" * 900_000 + b"x</script>",
    "name": b"<p class='" + b"1_" * 100_000 + b"'>no end</p>",
    "attributes": b"<p " + b" ".join(b"a%d=1" % n for n in range(300_000)) + b">",
    "attributes behind a bracket": b"<p z='>' " + b" ".join(b"a%d" % n for n in range(60_000)) + b">",
    "tags with attributes": (b"<p " + b" ".join(b"a%d" % n for n in range(3_000)) + b">") * 60,
    "attributes with brackets": b"<p " + b" ".join(b"a%d='>'" % n for n in range(300_000)) + b">",
}

#: A robots.txt of wildcards, and a path that nearly matches each.
ROBOTS_TXT = b"User-agent: *\n" + b"".join(b"Disallow: /*a*b*%d*c$\n" % n for n in range(40_000))
ROBOTS_PATH = "/" + "ab" * 1000
