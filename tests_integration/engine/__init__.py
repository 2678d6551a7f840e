"""What is done: attempts, merges and what is said of those that fail, the plan's commands, the publication."""
