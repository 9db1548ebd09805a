"""What can go wrong in the politeness rules."""


class PolitenessError(Exception):
    """Root of this package's errors: says what is wrong, where, and the mend."""
