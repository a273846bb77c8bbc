"""What a run's files are called, what each says at its head, and how they are written whole."""
