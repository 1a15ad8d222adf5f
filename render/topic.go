package render

import "strings"

// environments are the words that stand third in a topic by fedmsg's
// convention (fedmsg/core.py, publish: topic_prefix.environment.module.topic),
// as different deployments write them.
var environments = map[string]bool{
	"prod": true, "production": true,
	"stg": true, "stage": true, "staging": true,
	"dev": true, "devel": true, "development": true,
}

// ShortTopic is a topic without the organisation and the environment it starts
// with: org.fedoraproject.prod.git.receive is git.receive. Prefixes are
// organisations that do not have two segments, as they are configured; an
// environment behind one is left out too. A topic that starts with none of
// them, and has no environment third, is returned whole.
//
// It is a part of the topic, no safer than that.
func ShortTopic(topic string, prefixes ...string) string {
	for _, prefix := range prefixes {
		rest, ok := strings.CutPrefix(topic, prefix)
		if !ok || prefix == "" {
			continue
		}
		if rest, ok = strings.CutPrefix(rest, "."); !ok && !strings.HasSuffix(prefix, ".") {
			continue // the prefix ends within a segment
		}
		if environment, behind, ok := strings.Cut(rest, "."); ok && environments[environment] {
			rest = behind
		}
		if rest != "" {
			return rest
		}
	}
	rest := topic
	for range 2 {
		_, behind, ok := strings.Cut(rest, ".")
		if !ok {
			return topic
		}
		rest = behind
	}
	if environment, behind, ok := strings.Cut(rest, "."); ok && environments[environment] && behind != "" {
		return behind
	}
	return topic
}

// TopicEnvironment is the environment a topic names, or "".
func TopicEnvironment(topic string) string {
	for n := 0; ; n++ {
		segment, behind, ok := strings.Cut(topic, ".")
		if !ok || n > 3 {
			return ""
		}
		if n > 0 && environments[segment] {
			return segment
		}
		topic = behind
	}
}
