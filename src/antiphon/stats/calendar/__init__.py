"""When something was recorded: intervals, schedules, the sun."""
