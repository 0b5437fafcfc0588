"""Every bound of what the server accepts, with its reason.

The bounds on the parts of a request (spans, scopes, values, depth) are beside the parser, in `wire`.
"""

from typing import Final

MIB: Final = 1024 * 1024

BODY_BYTES_MAX: Final = 64 * MIB  # the stock SDK's own maximum; before and after inflating
SMALL_BODY_BYTES: Final = 2 * MIB  # 800 usual spans; more is parsed one request at a time
BODIES_BYTES_MAX: Final = 256 * MIB  # of all requests that are being read; beyond that they wait
OTHER_BODY_BYTES_MAX: Final = 8 * MIB  # a page's callback with a full store is below 1 MiB
HEADER_BYTES_MAX: Final = (
    64 * 1024
)  # browsers stop at 16 to 80 kB; without a cap: 834 MiB of memory
REQUEST_S_MAX: Final = 20.0  # twice the stock exporter's deadline
CLOSE_AFTER_S: Final = REQUEST_S_MAX + 5.0  # for an answer to reach a sender that was too slow
FREE_BYTES_MIN: Final = 512 * MIB  # the index and its checkpoints need room to come back
RETRY_AFTER_S: Final = 1  # senders drop a batch at once when this is above their own deadline
PARSE_THREADS: Final = 4  # small requests; they share one interpreter, so more would only wait
