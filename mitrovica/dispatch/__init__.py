"""While a night is driven or edited: what edits cost, and the rest of it from where crews are."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
