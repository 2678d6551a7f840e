"""What strangers, dying machines and neighbours do, with real repositories and real processes; the README tells it."""
