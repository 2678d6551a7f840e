"""What is done: attempts, the sequence of merges, the plan's commands, the publication."""
