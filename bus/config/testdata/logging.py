# Mails for errors, with a filter class that only Python can run: the class is
# skipped here, and so is the one setting that needs it.
import logging


class HostFilter(logging.Filter):
    """Adds the host to a record."""

    def filter(self, record):
        record.host = 'somewhere'
        return True


def handler(kind, level='INFO', **more):
    made = dict(level=level, formatter="bare")
    made['class'] = 'logging.' + kind
    made.update(more)
    return made


config = dict(
    logging=dict(
        version=1,
        formatters=dict(bare={
            "datefmt": "%Y-%m-%d %H:%M:%S",
            "format": "[%(asctime)s][%(name)10s %(levelname)7s] %(message)s",
        }),
        filters={'host': {'()': HostFilter}, },
        handlers=dict(
            console=handler("StreamHandler", stream="ext://sys.stdout"),
            mail=handler("handlers.SMTPHandler", level="ERROR",
                         toaddrs=["admin@example.org"]),
        ),
        loggers=dict([(name, dict(level="DEBUG", propagate=False, handlers=["console"]))
                      for name in ('fedmsg', 'moksha')]),
    ),
)
