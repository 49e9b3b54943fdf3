"""The planner: from a site's situation to what every EVSE may draw, and why."""
