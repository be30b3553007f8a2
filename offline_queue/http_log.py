"""What the HTTP library has to say, for our log: what happened, never the bytes that came."""

from __future__ import annotations

import logging

import structlog

log = structlog.get_logger()


class _Forwarder(logging.Handler):
    """A client that speaks no HTTP makes the library quote it; only the name of the fault goes on."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        log.warning("http fault", fault=type(fault).__name__, line=record.lineno)


def http_logger() -> logging.Logger:
    """A logger for aiohttp's server that ends in ours."""
    logger = logging.Logger("http", logging.WARNING)  # noqa: LOG001 - its own, so that no handler of the process sees it
    logger.addHandler(_Forwarder())
    return logger
