"""What a night reaches if the office did something else: assumed, read, compared on a page."""
