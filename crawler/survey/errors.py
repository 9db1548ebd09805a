"""What can keep a survey from a site file."""


class SurveyError(Exception):
    """A portal of which no site file can be made: the message says what was seen and what to do."""
