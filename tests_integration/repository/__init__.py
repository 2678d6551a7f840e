"""What git says: read-only questions, the bare store, merges in memory, the push."""
