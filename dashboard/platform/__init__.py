"""The platform without HTTP: its services, built from the settings, started and stopped in order.

Start reading at ``core`` and ``services``, the composition root: it makes each service once and gives it what
it depends on. ``platform`` (`huggins up`, `huggins supervise`) and ``gateway`` (`huggins gateway`) start
selections of these services. ``platform`` also has what involves more than one of them, such as submitting a
job.
"""

from dashboard.platform.gateway import Gateway
from dashboard.platform.platform import Platform
from dashboard.platform.services import nothing

__all__ = ["Gateway", "Platform", "nothing"]
