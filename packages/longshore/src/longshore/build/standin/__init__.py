"""Stand-ins: services assembled from Debian packages, where their images can't be had."""

from longshore.build.standin.catalogue import StandIn, find_stand_in, require_stand_in
from longshore.build.standin.image import AssembledService
from longshore.build.standin.pins import require_pins

__all__ = ["AssembledService", "StandIn", "find_stand_in", "require_pins", "require_stand_in"]
