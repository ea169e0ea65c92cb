"""Stories told end to end. No mock stands in for anything that can be had."""
