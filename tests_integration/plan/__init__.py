"""What was promised: the plan's model, its loading, its order (R306)."""
