"""How the log is written: lines for people in the demo, one JSON object a line in production (`LOG_FORMAT`)."""

import datetime as dt
import json
import logging

from orders import tracing


class Traced(logging.Filter):
    """Gives each record the id of the request that it belongs to. On the handler, so that it holds for every logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = tracing.current()
        return True


class Line(logging.Formatter):
    """For people: the id stands at the end, where there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        trace = getattr(record, "trace", "")
        return f"{line} [{trace}]" if trace else line


class JsonLine(logging.Formatter):
    """For programs. What a call gave as `extra={"facts": {...}}` stands beside the message, as values of its own."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        if trace := getattr(record, "trace", ""):
            told["request_id"] = trace
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(getattr(record, "facts", {}) | told, ensure_ascii=False, default=str)
