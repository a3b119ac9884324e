"""Time to an event with competing events."""
