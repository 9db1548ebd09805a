"""Layout: the parsed page as lines of visible text, and the prose among them."""
