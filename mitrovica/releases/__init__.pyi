from . import folder as folder
from . import gate as gate
from . import partner_files as partner_files
from . import partners as partners
from . import register as register
from .folder import Order as Order
from .recipients import enforces as enforces
from .register import ReleaseError as ReleaseError
