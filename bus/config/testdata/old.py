# What was written for Python 2: octal and long numbers, print, u'' and <>.
from __future__ import with_statement
import socket, random

name = u'bot' if 1 <> 2 else ''
config = {
    'moksha.monitoring.socket': u'ipc:///var/run/monitoring-%s' % socket.gethostname(),
    'moksha.monitoring.socket.mode': '0770', 'mode': 0770,
    'zmq_linger': 2000L,
    'irc': [dict(
        network='irc.example.org', port=6667, nickname=name + "-%i" % random.randint(1, 9),
        filters=dict(topic=['buildsys', r'\.heartbeat$'], body=['lub-dub']),
    )],
    'irc_color_lookup': {"git": "red", "koji": 'yellow'}, 'persistent_store': None,
}
print "loaded", config.keys()
