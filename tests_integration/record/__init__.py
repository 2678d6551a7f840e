"""What is remembered: the facts of a run, and one writer for each form of them."""
