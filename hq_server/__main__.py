"""How counterfoil-hq is started."""

import gc

gc.disable()  # What is imported stays for good. To look through it for garbage takes a tenth of a start.

from hq_server.program import main  # noqa: E402 - behind that

gc.freeze()  # it is not looked through later either
gc.enable()

__all__ = ["main"]

if __name__ == "__main__":
    main()
