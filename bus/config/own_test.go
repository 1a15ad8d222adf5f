package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const ownPath = "home/.config/fedmsg-tui/config.toml"

func TestOwnFile(t *testing.T) {
	w := newWorld(t, map[string]string{
		"etc/fedmsg.d/a.py": "config = dict(endpoints={'x': 'tcp://h:1'}, topic_prefix='org.example', replay_endpoints={'x': 'tcp://h:5'})",
		ownPath: `
topic_prefix = "org.debian"
environment = "prod"
ca = "ca.crt"            # beside this file
crl = "https://example.org/crl.pem"
validate = true
topics = ["org.debian.", "org.example."]
filter = "topic:upload"
memory = "1.5G"
history = "24h"
theme = "dusk"
record = "~/bus.jsonl"
publish = true
amqp = "amqps://me:secret@broker.example"
datagrepper_url = "https://example.org/raw"

[endpoints]
gateway = ["tcp://bus.example.org:9940"]
"a.b" = "tcp://*:3000"

[filters]
mine = "user:me"
"long.name" = """
topic:x
"""
`})
	s := w.load()
	w.warns(s)
	if s.TopicPrefix != "org.debian" || s.Environment != "prod" || s.CA != w.path("home/.config/fedmsg-tui/ca.crt") ||
		s.CRL != "https://example.org/crl.pem" || s.Validate == nil || !*s.Validate || s.Filter != "topic:upload" ||
		s.MemoryBytes != 3<<29 || s.History != 24*time.Hour || s.Theme != "dusk" || s.Record != w.path("home/bus.jsonl") ||
		!s.Publish || s.AMQP != "amqps://me:secret@broker.example" || s.Datagrepper != "https://example.org/raw" ||
		!slices.Equal(s.Topics, []string{"org.debian.", "org.example."}) ||
		!reflect.DeepEqual(s.Filters, map[string]string{"mine": "user:me", "long.name": "topic:x\n"}) {
		t.Errorf("settings are %v", s.Tree())
	}
	// Endpoints replace those of fedmsg.d, other tables are merged.
	want := []Endpoint{{"a.b", "tcp://127.0.0.1:3000", "tcp://*:3000"}, {"gateway", "tcp://bus.example.org:9940", "tcp://bus.example.org:9940"}}
	if !slices.Equal(s.Endpoints, want) || s.ReplayEndpoints["x"] != "tcp://h:5" {
		t.Errorf("endpoints are %v, replay %v", s.Endpoints, s.ReplayEndpoints)
	}
	for path, place := range map[string]string{
		"topic_prefix": ":2", "ca_cert_location": ":4", "endpoints.gateway": ":18", "endpoints.a.b": ":19",
		"fedmsg_tui.filters.mine": ":22", "filters.mine": ":22", "theme": ":11",
	} {
		if got := w.from(s, path); got != "/"+ownPath+place {
			t.Errorf("%s is from %s, want line %s", path, got, place)
		}
	}
}

func TestOwnFileMistakes(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"unknown key", "\ntopcs = []", `config.toml:2: unknown key "topcs"; did you mean "topics"?`},
		{"unknown and far", "zzzzzzzz = 1", `config.toml:1: unknown key "zzzzzzzz"`},
		{"unknown table", "[endpoint]\nx = 1", `config.toml:1: unknown key "endpoint"; did you mean "endpoints"?`},
		{"wrong type", "filter = 1", "config.toml:1: filter: must be a string"},
		{"wrong list", "topics = [1]", "config.toml:1: topics: must be a string or a list of strings"},
		{"wrong switch", "publish = 'yes'", "config.toml:1: publish: must be true or false"},
		{"wrong size", "memory = 'much'", `config.toml:1: memory: "much" is not a size`},
		{"wrong size type", "memory = -1", "config.toml:1: memory: must be a size"},
		{"wrong duration", "history = '3 days'", `config.toml:1: history: "3 days" is not a duration`},
		{"wrong table", "[filters]\na = 1", "config.toml:1: filters: must be a table"},
		{"wrong address", "endpoints = ['hub:9940']", `config.toml:1: endpoints: hub:9940: address "hub:9940" is not tcp://HOST:PORT`},
		{"wrong endpoints", "endpoints = 5", "config.toml:1: endpoints: must be a list"},
		{"wrong endpoint", "[endpoints]\na = 5", "config.toml:1: endpoints: a must be an address"},
		{"wrong replay", "[replay_endpoints]\na = 'x'", "config.toml:1: replay_endpoints: a: address"},
		{"not TOML", "a = 1\nb = ", "config.toml:2: "},
		{"twice", "ca = 'a'\nca = 'b'", "config.toml:2: "},
		{"two mistakes", "x1 = 0\nfilter = 0", "filter: must be"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			newWorld(t, map[string]string{ownPath: test.content}).fails(test.want)
		})
	}
}

func TestOwnFileElsewhere(t *testing.T) {
	w := newWorld(t, map[string]string{
		"xdg/fedmsg-tui/config.toml": "theme = 'xdg'", ownPath: "theme = 'home'", "cwd/my.toml": "theme = 'named'\nendpoints = 'tcp://h:1'",
	})
	if s := w.load(); s.Theme != "home" {
		t.Errorf("theme %s", s.Theme)
	}
	w.variables["XDG_CONFIG_HOME"] = "relative"
	if s := w.load(); s.Theme != "home" {
		t.Errorf("theme %s with a relative XDG_CONFIG_HOME", s.Theme)
	}
	w.variables["XDG_CONFIG_HOME"] = w.path("xdg")
	if s := w.load(); s.Theme != "xdg" {
		t.Errorf("theme %s with XDG_CONFIG_HOME", s.Theme)
	}
	w.opts.ConfigPath = "my.toml"
	if s := w.load(); s.Theme != "named" || !slices.Equal(s.Endpoints, []Endpoint{{"h:1", "tcp://h:1", "tcp://h:1"}}) {
		t.Errorf("theme %s, endpoints %v", s.Theme, s.Endpoints)
	}
}

// Every key is described, and nothing is described that is no key.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "<!-- keys -->")
	table, _, closed := strings.Cut(after, "<!-- /keys -->")
	if !found || !closed {
		t.Fatal("the table of keys is not marked")
	}
	var described []string
	for line := range strings.Lines(table) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ := strings.Cut(rest, "`")
			described = append(described, name)
		}
	}
	slices.Sort(described)
	if !slices.Equal(described, OwnKeys()) {
		t.Errorf("described are %v\nkeys are      %v", described, OwnKeys())
	}
}

// An address that is refused is quoted in the error, and so is the name made
// from it: neither shows a password.
func TestErrorsShowNoPasswords(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(path, []byte(`endpoints = ["tcp://someone:hunter2@host:5"]`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), Options{ConfigPath: path, Home: dir, WorkDir: dir, Root: dir, Getenv: func(string) string { return "" }})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v", err)
	}
	settings, err := Load(t.Context(), Options{Overrides: Overrides{Endpoints: []string{"tcp://someone:hunter2@host:5"}},
		Home: dir, WorkDir: dir, Root: dir, Getenv: func(string) string { return "" }})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("of the flag: %v, %v", settings, err)
	}
}
