from . import adding as adding
from . import keeping as keeping
from . import store as store
from . import tracks as tracks
