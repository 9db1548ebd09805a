"""What can go wrong with schedules."""


class ScheduleError(Exception):
    """A schedule that cannot be kept. The message says what is wrong and the mend."""
