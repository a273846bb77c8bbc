"""What a night reaches if the office did something else: assumed, read from files, compared on a page."""
