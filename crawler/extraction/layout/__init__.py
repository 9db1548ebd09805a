"""From the parsed page to lines of text, and where the prose lies among them."""
