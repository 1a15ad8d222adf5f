package bus

// TopicParts are the parts of a topic, which fedmsg makes as
// prefix.environment.service.rest (fedmsg/core.py, publish).
type TopicParts[T ~string | ~[]byte] struct {
	Prefix      T // "org.fedoraproject"
	Environment T // "prod", as written
	Service     T // "bodhi"
	Short       T // all behind the environment: "bodhi.update.comment"
}

// maxPrefixSegments is how many segments may stand before the environment.
const maxPrefixSegments = 4

// SplitTopic finds the parts of a topic. Nothing in a topic says where its
// prefix ends, and prefixes have one to three segments in different places, so
// the environment is looked for by its name among the first segments. A topic
// without one is all Short; its service is then its first segment. The parts
// are slices of the topic: nothing is allocated, and nothing is safer than it
// was.
func SplitTopic[T ~string | ~[]byte](topic T) TopicParts[T] {
	p := TopicParts[T]{Prefix: topic[:0], Environment: topic[:0], Short: topic}
	at := 0
	for n := 0; n <= maxPrefixSegments; n++ {
		end := dot(topic, at)
		if end+1 >= len(topic) {
			break // the last segment is no environment: something must follow
		}
		if n > 0 && EnvironmentClass(topic[at:end]) != "" {
			p.Prefix, p.Environment, p.Short = topic[:at-1], topic[at:end], topic[end+1:]
			break
		}
		at = end + 1
	}
	p.Service = p.Short[:dot(p.Short, 0)]
	return p
}

// dot is the place of the first dot from a place on, or the length.
func dot[T ~string | ~[]byte](s T, from int) int {
	for i := from; i < len(s); i++ {
		if s[i] == '.' {
			return i
		}
	}
	return len(s)
}

// EnvironmentClass is prod, stg or dev for the words that Fedora, CentOS and
// Debian use for their environments, and "" for any other word.
func EnvironmentClass[T ~string | ~[]byte](word T) string {
	switch string(word) {
	case "prod", "production":
		return "prod"
	case "stg", "stage", "staging":
		return "stg"
	case "dev", "devel", "development":
		return "dev"
	}
	return ""
}
