"""What an office takes in and keeps to itself: files handed in, a new study, private folders."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
