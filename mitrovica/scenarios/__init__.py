"""What a night reaches if the office did something else: assumed, read, compared on a page."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
