"""The sample portals: made-up news on loopback hosts, with the truth of every article kept beside it."""
