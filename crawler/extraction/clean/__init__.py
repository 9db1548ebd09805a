"""Recognizes what is not the story: boilerplate, related links, injected spam."""
