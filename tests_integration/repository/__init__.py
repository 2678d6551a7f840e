"""What git says: history and ancestry, whose lines are whose, merges in memory and how conflicts settle; the push."""
