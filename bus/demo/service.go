package demo

import "strconv"

// The publisher sockets of a bus, in the order of its endpoints. Fedora's
// services share one, as behind a relay; the others publish by themselves.
const (
	SocketFedora = "fedora"
	SocketKoji   = "koji"
	SocketDebian = "debian"
	SocketCopr   = "copr"
)

// Sockets lists the publisher sockets, in the order of a bus's endpoints.
func Sockets() []string {
	return []string{SocketFedora, SocketKoji, SocketDebian, SocketCopr}
}

// service is the fixed part of a publisher.
type service struct {
	name   string
	socket string
	user   string // the Unix user that its process runs as
	prefix string // organisation and environment of its topics
	// sequence: the publisher has a store, so its messages carry seq_id.
	sequence bool
}

const (
	fedora  = "org.fedoraproject.prod."
	staging = "org.fedoraproject.stg."
)

var services = []service{
	{"scm", SocketFedora, "gitolite", fedora, false},
	{"bodhi", SocketFedora, "bodhi", fedora, true},
	{"koji", SocketKoji, "apache", fedora, true},
	{"koji-stg", SocketKoji, "apache", staging, false},
	{"koschei", SocketKoji, "koschei", fedora, false},
	{"openqa", SocketFedora, "geekotest", fedora, false},
	{"greenwave", SocketFedora, "apache", fedora, false},
	{"resultsdb", SocketFedora, "apache", fedora, false},
	{"fedbadges", SocketFedora, "fedmsg", fedora, false},
	{"pagure", SocketFedora, "git", "io.pagure.prod.", false},
	{"github2fedmsg", SocketFedora, "apache", fedora, false},
	{"anitya", SocketFedora, "anitya", "org.release-monitoring.prod.", false},
	{"hotness", SocketFedora, "hotness", fedora, false},
	{"bugzilla2fedmsg", SocketFedora, "moksha", fedora, false},
	{"shell", SocketFedora, "root", fedora, false},
	{"nagios", SocketFedora, "nagios", fedora, false},
	{"supybot", SocketFedora, "daemon", fedora, false},
	{"mediawiki", SocketFedora, "apache", fedora, false},
	{"mailman", SocketFedora, "mailman", fedora, false},
	{"planet", SocketFedora, "planet-user", fedora, false},
	{"fas", SocketFedora, "fas", fedora, false},
	{"fedocal", SocketFedora, "apache", fedora, false},
	{"kerneltest", SocketFedora, "apache", fedora, false},
	{"faf", SocketFedora, "faf", fedora, false},
	{"mdapi", SocketFedora, "mdapi", fedora, false},
	{"mirrormanager", SocketFedora, "mirrormanager", fedora, false},
	{"releng", SocketFedora, "root", fedora, false},
	{"heartbeat", SocketFedora, "fedmsg", fedora, false},
	{"copr", SocketCopr, "copr", fedora, false},
	{"centos-ci", SocketCopr, "jenkins", "org.centos.prod.", false},
	{"debmessenger", SocketDebian, "debmessenger", "org.debian.dev.", true},
	{"dak", SocketDebian, "dak", "org.debian.production.", false},
	{"debbugs", SocketDebian, "debbugs", "org.debian.production.", false},
	{"buildd", SocketDebian, "buildd", "org.debian.production.", false},
}

// process is a publisher as it runs: what it has counted so far.
type process struct {
	service
	userJSON string
	i        uint64      // messages since it started
	seq      uint64      // messages ever stored; never starts again
	signer   *credential // nil: it does not sign
}

// restart is what happens when a publisher dies and comes back: its own
// counter begins again, its store's does not.
func (p *process) restart() { p.i = 0 }

// step is one kind of message that a service sends, ready to be filled.
type step struct {
	process       *process
	topic         string
	body          *body
	old, new, tag string
	kind          Kind
}

// draft is an envelope in parts, so that each can be something that it should
// not be. Parts are JSON.
type draft struct {
	topic     string // without quotes
	i         uint64
	body      []byte
	id        []byte // without quotes
	timestamp []byte
	user      string

	// What it is signed with; empty or nil where it is not. They are in the
	// draft because fedmsg signs before it adds seq_id.
	crypto                 string
	certificate, signature []byte
	signing                signing
}

// signing says when a draft is signed whose publisher can sign.
type signing int

const (
	signAffordable signing = iota // while there is time for it, see budget
	signAlways
	signNever
)

// appendEnvelope appends the envelope as fedmsg writes it (fedmsg/core.py,
// publish): all fields in the order of their names.
func (d *draft) appendEnvelope(dst []byte, seq uint64) []byte {
	dst = append(dst, '{')
	if d.certificate != nil {
		dst = append(append(append(dst, `"certificate":`...), d.certificate...), ',')
	}
	if d.crypto != "" {
		dst = append(append(append(dst, `"crypto":`...), d.crypto...), ',')
	}
	dst = append(dst, `"i":`...)
	dst = strconv.AppendUint(dst, d.i, 10)
	dst = append(dst, `,"msg":`...)
	dst = append(dst, d.body...)
	dst = append(dst, `,"msg_id":"`...)
	dst = append(dst, d.id...)
	dst = append(dst, '"')
	if seq > 0 {
		dst = strconv.AppendUint(append(dst, `,"seq_id":`...), seq, 10)
	}
	if d.signature != nil {
		dst = append(append(dst, `,"signature":`...), d.signature...)
	}
	dst = append(dst, `,"timestamp":`...)
	dst = append(dst, d.timestamp...)
	dst = append(dst, `,"topic":"`...)
	dst = append(dst, d.topic...)
	dst = append(dst, `","username":`...)
	dst = append(dst, d.user...)
	return append(dst, '}')
}
