# Endpoints of a web host: a list of ports for each worker process, and a
# second host that differs by environment.
import os
import socket

hostname = socket.gethostname().split('.', 1)[0]
suffix = 'internal.example.org'
workers = 3

if os.environ.get('DEPLOYMENT') == 'staging':
    suffix = 'stg.' + suffix
else:
    suffix = suffix.lower()

config = dict(
    topic_prefix="org.example",
    environment='stg',  # one of dev, stg, prod
    endpoints={
        "shop.%s" % hostname: [
            "tcp://127.0.0.1:30%0.2i" % i
            for i in range(workers) if i != 1
        ],
        "mirror.%s" % hostname: ["tcp://%s:3100" % suffix],
        # A bare string does as well.
        "relay_outbound": "tcp://"
                          "relay.%s:4001" % suffix,
    },
    relay_inbound=["tcp://127.0.0.1:2003", ],
    replay_endpoints={'mirror.%s' % hostname: 'tcp://{0}:3101'.format(suffix)},
)
config['fedmsg.consumers.gateway.port'] = 9940
config['endpoints'].update({'late.{}'.format(hostname): ('tcp://*:3200',)})
