package filters

import "bytes"

// TopicParts are the parts of a topic, which fedmsg makes as
// prefix.environment.service.rest (fedmsg/core.py, publish).
type TopicParts struct {
	Prefix      string // "org.fedoraproject"
	Environment string // "prod", as written
	Service     string // "bodhi"
	Short       string // all behind the environment: "bodhi.update.comment"
}

// environments are the names in use, with the one that filters know them by.
var environments = map[string]string{
	"prod": "prod", "production": "prod",
	"stg": "stg", "stage": "stg", "staging": "stg",
	"dev": "dev", "devel": "dev", "development": "dev",
}

// SplitTopic finds the parts of a topic. Nothing in a topic says where its
// prefix ends, so the environment is looked for by its name, among the first
// segments. A topic without one is all Short; its service is then its first
// segment.
func SplitTopic(topic string) TopicParts {
	p := splitTopic([]byte(topic))
	return TopicParts{
		Prefix:      string(p.prefix),
		Environment: string(p.environment),
		Service:     string(p.service),
		Short:       string(p.short),
	}
}

type topicParts struct{ prefix, environment, service, short []byte }

// maxPrefixSegments is how many segments may stand before the environment.
const maxPrefixSegments = 4

func splitTopic(topic []byte) topicParts {
	p := topicParts{short: topic}
	for at, n := 0, 0; n <= maxPrefixSegments; n++ {
		segment, _, more := bytes.Cut(topic[at:], []byte{'.'})
		if !more {
			break
		}
		if n > 0 && environments[string(segment)] != "" {
			p.prefix, p.environment = topic[:at-1], segment
			p.short = topic[at+len(segment)+1:]
			break
		}
		at += len(segment) + 1
	}
	p.service, _, _ = bytes.Cut(p.short, []byte{'.'})
	return p
}
