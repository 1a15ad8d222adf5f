package config

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"256M": 256 << 20, "1": 1, "1048576": 1 << 20, "64k": 64 << 10, "1.5G": 3 << 29, "2 GiB": 2 << 30, "10mb": 10 << 20, " 7B ": 7, "1T": 1 << 40,
		"": 0, "M": 0, "0": 0, "-1": 0, "1X": 0, "1e3": 0, "1..5M": 0, "99999999T": 0, "0.1": 0, "NaN": 0, "Inf": 0, "0x10": 0,
	} {
		got, err := ParseSize(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("ParseSize(%q) is %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]float64{
		"40": 40, "40/s": 40, "0.5/s": 0.5, "90/m": 1.5, "90/min": 1.5, "3600/h": 1, " 2 / s ": 2,
		"": 0, "0": 0, "-1": 0, "40/": 0, "40/x": 0, "/s": 0, "nan": 0, "inf/s": 0, "1/2/s": 0,
	} {
		got, err := ParseRate(text)
		if math.Abs(got-want) > 1e-9 || (err == nil) != (want > 0) {
			t.Errorf("ParseRate(%q) is %g, %v; want %g", text, got, err, want)
		}
	}
}

func TestRedactURL(t *testing.T) {
	const hidden = "********"
	for text, want := range map[string]string{
		"plain text":                     "plain text",
		"tcp://127.0.0.1:9940":           "tcp://127.0.0.1:9940",
		"amqps://user@host/vhost":        "amqps://user@host/vhost",
		"amqps://user:pass@host/vhost":   "amqps://user:" + hidden + "@host/vhost",
		"amqp://:pass@host":              "amqp://:" + hidden + "@host",
		"amqp://user:@host":              "amqp://user:@host",
		"amqp://u:p@ss:w@host:5672/%2F":  "amqp://u:" + hidden + "@host:5672/%2F",
		"amqp://u:p/a?ss@host":           "amqp://u:" + hidden + "@host",
		"amqp://u:1234/5@host":           "amqp://u:" + hidden + "@host",
		"http://h:80/a?b=c@d":            "http://h:80/a?b=c@d",
		"http://h/?x=1&password=y z":     "http://h/?x=1&password=" + hidden + " z",
		"http://h/?api_token=abc;n=1":    "http://h/?api_token=" + hidden + ";n=1",
		"see a://u:1@h and b://v:2@i ok": "see a://u:" + hidden + "@h and b://v:" + hidden + "@i ok",
		"a://u:1@h,b://v:2@i":            "a://u:" + hidden + "@h,b://v:" + hidden + "@i",
		"://:@":                          "://:@",
	} {
		if got := RedactURL(text); got != want {
			t.Errorf("RedactURL(%q)\n   is %q\n want %q", text, got, want)
		}
	}
}

func FuzzRedactURL(f *testing.F) {
	f.Add("user", "pass", "host/x")
	f.Fuzz(func(t *testing.T, user, password, host string) {
		// What can be told apart by the standard must never be shown.
		if strings.ContainsAny(user+host, "@:/?# \t\r\n") || strings.ContainsAny(password, "@:/?# \t\r\n&;,") || len(password) < 4 || strings.Contains(redacted, password) {
			t.Skip()
		}
		url := "amqps://" + user + ":" + password + "@" + host
		if got := RedactURL(url); strings.Contains(strings.TrimSuffix(strings.TrimPrefix(got, "amqps://"+user), "@"+host), password) {
			t.Errorf("RedactURL(%q) is %q", url, got)
		}
	})
}

func TestSecretsStayInside(t *testing.T) {
	w := newWorld(t, map[string]string{
		"etc/fedmsg.d/a.py": `config = dict(stomp_user='me', stomp_pass='hush1', db=dict(PASSWORD='hush2', host='h', port=5), irc=[dict(nickserv_pass='hush3', port=1)],
  client_secrets=dict(a='hush4', b=[12345678]), uri='https://u:hush5@h/', auth_token='hush6', empty_password='', oauth={'client_secret': None})`,
		ownPath: "amqp = 'amqps://me:hush7@broker/'",
	})
	s := w.load()
	var out strings.Builder
	for setting := range s.Sources() {
		fmt.Fprintln(&out, setting)
	}
	fmt.Fprintf(&out, "%v %+v %#v %v\n", s, s, s, s.Tree())
	for _, path := range []string{"stomp_pass", "db.PASSWORD", "db", "irc", "client_secrets", "client_secrets.a", "client_secrets.b", "uri", "amqp", "auth_token"} {
		value, found := s.Lookup(path)
		if !found {
			t.Errorf("%s is not found", path)
		}
		fmt.Fprintln(&out, value)
	}
	if strings.Contains(out.String(), "hush") || strings.Contains(out.String(), "12345678") {
		t.Errorf("a secret is in\n%s", out.String())
	}
	for _, kept := range []string{"me", "https://u:********@h/", "amqps://me:********@broker/", "host"} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("%s is missing in\n%s", kept, out.String())
		}
	}
	if s.AMQP != "amqps://me:hush7@broker/" {
		t.Errorf("the program itself gets %s", s.AMQP)
	}
}

func TestLookup(t *testing.T) {
	w := newWorld(t, map[string]string{
		"etc/fedmsg.d/a.py": "config = {'moksha.monitoring.socket': 'ipc', 'moksha.monitoring.socket.mode': '0777', 'moksha': {'monitoring': {'x': 1}}, 'a': {'b.c': {'d': 2}}, 'empty': {}}",
		ownPath:             "theme = 'dusk'\n[filters]\nmine = 'x'",
	})
	s := w.load()
	for path, want := range map[string]any{
		"moksha.monitoring.socket": "ipc", "moksha.monitoring.socket.mode": "0777", "moksha.monitoring.x": int64(1),
		"moksha": map[string]any{"monitoring": map[string]any{"x": int64(1)}}, "a.b.c.d": int64(2), "a.b.c": map[string]any{"d": int64(2)},
		"fedmsg.consumers.gateway.port": int64(9940), "theme": "dusk", "fedmsg_tui.theme": "dusk", "filters.mine": "x", "empty": map[string]any{},
	} {
		if got, found := s.Lookup(path); !found || !reflect.DeepEqual(got, want) {
			t.Errorf("Lookup(%q) is %v, %v; want %v", path, got, found, want)
		}
	}
	for _, path := range []string{"", ".", "a", "a.b", "a..b", "moksha.x", strings.Repeat("a.", 100_000)} {
		if got, found := s.Lookup(path); found && path != "a" {
			t.Errorf("Lookup(%q) is %v", path, got)
		}
	}
	if got := s.Nearest("moksha.monitoring.sockte"); len(got) == 0 || got[0] != "moksha.monitoring.socket" {
		t.Errorf("nearest are %v", got)
	}
	if got := s.Nearest("gateway_port"); len(got) > 3 {
		t.Errorf("nearest are %v", got)
	}
	if got := s.Nearest("them"); !slices.Contains(got, "theme") {
		t.Errorf("nearest are %v", got)
	}
	seen := []string{}
	for setting := range s.Sources() {
		seen = append(seen, setting.Path)
	}
	if !slices.IsSorted(seen) || !slices.Contains(seen, "empty") || !slices.Contains(seen, "a.b.c.d") {
		t.Errorf("sources are %v", seen)
	}
}
