"""Certificates, and who may say what.

The policy is made from two tables, as larger installations do.
"""
import os

SEP = os.path.sep
here = os.getcwd()

try:
    from a_module_that_no_machine_has import certificates
except ImportError:
    certificates = SEP.join((here, 'keys'))

nodes = ('app01', 'app02')
policy = [
    ('org.example.prod.shop.order.new', ['shop']),
    ('org.example.prod.mirror.sync.stop', ['mirror', 'ops']),
]

config = dict(
    sign_messages=False,
    validate_signatures=True,
    ssldir=certificates,
    ca_cert_location=os.path.join(certificates, 'ca.crt'),
    crl_location=None,
    crypto_validate_backends=('x509', 'gpg'),
    certnames=dict([
        ("shop.%s" % node, "shop-%s.example.org" % node)
        for node in nodes
    ] + [
        ("signing_relay", "relay.example.org"),
    ]),
    routing_nitpicky=not certificates,
    routing_policy=dict(
        (topic, ['%s-%s.example.org' % (service, node) for service in services for node in nodes])
        for topic, services in policy
    ),
)
