package bus

import "testing"

func TestSplitTopic(t *testing.T) {
	for topic, want := range map[string]TopicParts[string]{
		"org.fedoraproject.prod.bodhi.update.comment": {"org.fedoraproject", "prod", "bodhi", "bodhi.update.comment"},
		"org.debian.production.dak.accepted":          {"org.debian", "production", "dak", "dak.accepted"},
		"io.pagure.stg.pagure.issue.new":              {"io.pagure", "stg", "pagure", "pagure.issue.new"},
		"example.dev.x":                               {"example", "dev", "x", "x"},
		"a.b.c.d.dev.x":                               {"a.b.c.d", "dev", "x", "x"},
		"a.b.c.d.e.dev.x":                             {"", "", "a", "a.b.c.d.e.dev.x"},
		"prod.x.y":                                    {"", "", "prod", "prod.x.y"},
		"org.fedoraproject.prod":                      {"", "", "org", "org.fedoraproject.prod"},
		"org.fedoraproject.prod.":                     {"", "", "org", "org.fedoraproject.prod."},
		"heartbeat":                                   {"", "", "heartbeat", "heartbeat"},
		"":                                            {},
		"..":                                          {"", "", "", ".."},
	} {
		if got := SplitTopic(topic); got != want {
			t.Errorf("%q: %+v, want %+v", topic, got, want)
		}
		b := SplitTopic([]byte(topic))
		if got := (TopicParts[string]{string(b.Prefix), string(b.Environment), string(b.Service), string(b.Short)}); got != want {
			t.Errorf("bytes of %q: %+v, want %+v", topic, got, want)
		}
	}
	topic := []byte("org.fedoraproject.prod.bodhi.update.comment")
	if n := testing.AllocsPerRun(100, func() { SplitTopic(topic) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
