"""Errors of a survey."""


class SurveyError(Exception):
    """No site file can be written for a portal. The message says what was seen and what to do."""
