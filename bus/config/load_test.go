package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// world is a temporary machine: /etc, a home and a current directory.
type world struct {
	t         *testing.T
	dir       string
	variables map[string]string
	opts      Options
}

func newWorld(t *testing.T, files map[string]string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, dir: dir, variables: map[string]string{}}
	w.opts = Options{
		Root: dir, Home: filepath.Join(dir, "home"), WorkDir: filepath.Join(dir, "cwd"), Hostname: "app01.example.org",
		Getenv: func(name string) string { return w.variables[name] }, Resolver: noDNS{},
	}
	for _, folder := range []string{"etc", "home", "cwd"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		w.write(name, content)
	}
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) write(name, content string) {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) load() *Settings {
	w.t.Helper()
	s, err := Load(context.Background(), w.opts)
	if err != nil {
		w.t.Fatalf("Load: %v", err)
	}
	return s
}

func (w *world) fails(part string) {
	w.t.Helper()
	s, err := Load(context.Background(), w.opts)
	if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), w.dir, ""), part) {
		w.t.Errorf("Load gives %v, %v\nwant an error with %q", s, err, part)
	}
}

// warns compares the warnings, without the world's folder, in any order.
func (w *world) warns(s *Settings, want ...string) {
	w.t.Helper()
	got := []string{}
	for _, warning := range s.Warnings {
		got = append(got, warning.Kind.String()+" "+strings.ReplaceAll(warning.String(), w.dir, ""))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("warnings are\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// from tells where a setting came from, without the world's folder.
func (w *world) from(s *Settings, path string) string {
	place, found := s.Whence(path)
	if !found {
		return "nowhere"
	}
	return strings.ReplaceAll(place.String(), w.dir, "")
}

// noDNS resolves nothing.
type noDNS struct{}

func (noDNS) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, errors.New("no such host")
}

func TestDefaults(t *testing.T) {
	s := newWorld(t, nil).load()
	if s.TopicPrefix != "org.fedoraproject" || s.Environment != "dev" || s.Linger != time.Second ||
		s.PostInitSleep != 500*time.Millisecond || s.ReconnectMin != 100*time.Millisecond || s.ReconnectMax != time.Second ||
		s.GatewayPort != 9940 || s.MemoryBytes != 256<<20 || s.HighWaterMark != 0 || s.CryptoBackend != "x509" {
		t.Errorf("defaults are %+v", s.Tree())
	}
	if s.Configured() || s.Validate != nil || s.CA != "" || s.CRL != "" || len(s.Warnings) > 0 || len(s.Files) > 0 {
		t.Errorf("something is set: %v %v", s, s.Warnings)
	}
	if place, _ := s.Whence("zmq_linger"); place.String() != "built-in default" {
		t.Errorf("zmq_linger is from %s", place)
	}
}

func TestUsualCA(t *testing.T) {
	w := newWorld(t, map[string]string{"etc/pki/fedmsg/ca.crt": "x"})
	if s := w.load(); s.CA != w.path("etc/pki/fedmsg/ca.crt") {
		t.Errorf("CA is %q", s.CA)
	}
}

// Each place of the search path overrides those before it.
func TestPrecedence(t *testing.T) {
	places := []string{
		"etc/fedmsg.d/a.py", "etc/fedmsg.d/b.py", "home/.fedmsg.d/a.py", "cwd/fedmsg.d/a.py", "venv/etc/fedmsg.d/a.py",
		"etc/fedmsg-config.py", "home/.fedmsg-config.py", "cwd/fedmsg-config.py", "home/.config/fedmsg-tui/config.toml",
	}
	for top := range places {
		w := newWorld(t, nil)
		w.variables["VIRTUAL_ENV"] = w.path("venv")
		// Written in reverse, so that the order of the disk cannot help.
		for i, place := range slices.Backward(places[:top+1]) {
			content := fmt.Sprintf("config = dict(environment='e%d', endpoints={'all': 'tcp://h:%d', 'name%d': ['tcp://h:%d']})\n", i, 1000+i, i, 2000+i)
			if strings.HasSuffix(place, ".toml") {
				content = fmt.Sprintf("environment = 'e%d'\n", i)
			}
			w.write(place, content)
		}
		s := w.load()
		if want := fmt.Sprintf("e%d", top); s.Environment != want {
			t.Errorf("with %s on top environment is %s, want %s", places[top], s.Environment, want)
		}
		if got, want := w.from(s, "environment"), "/"+places[top]+":1"; got != want {
			t.Errorf("environment is from %s, want %s", got, want)
		}
		// Endpoints of all files are merged by name.
		if want := min(top+1, 8) + 1; len(s.Endpoints) != want {
			t.Errorf("%d endpoints, want %d: %v", len(s.Endpoints), want, s.Endpoints)
		}
		if got, want := s.Endpoints[0], fmt.Sprintf("tcp://h:%d", 1000+min(top, 7)); got.Name != "all" || got.Address != want {
			t.Errorf("endpoint %v, want all at %s", got, want)
		}
	}
}

func TestMerge(t *testing.T) {
	w := newWorld(t, map[string]string{
		"etc/fedmsg.d/1.py":  "config = {'a': {'b': {'c': 1, 'd': [1]}, 'e': 2}, 'f': {'g': 1}, 'h': 3}",
		"etc/fedmsg.d/2.py":  "config = {'a': {'b': {'d': [2], 'x': 4}}, 'f': 5, 'h': {'i': 6}}",
		"etc/fedmsg.d/3.rst": "config = {'a': 0}", "etc/fedmsg.d/.hidden.py": "config = {'a': 0}",
		"home/.fedmsg.d/1.py": "nothing = 0",
	})
	s := w.load()
	got := s.Tree()
	want := map[string]any{
		"a": map[string]any{"b": map[string]any{"c": int64(1), "d": []any{int64(2)}, "x": int64(4)}, "e": int64(2)},
		"f": int64(5), "h": map[string]any{"i": int64(6)},
	}
	for key, value := range want {
		if !reflect.DeepEqual(got[key], value) {
			t.Errorf("%s is %v, want %v", key, got[key], value)
		}
	}
	w.warns(s, "skipped /home/.fedmsg.d/1.py: sets no dictionary named config")
	for path, place := range map[string]string{
		"a.b.c": "/etc/fedmsg.d/1.py:1", "a.b.x": "/etc/fedmsg.d/2.py:1", "h.i": "/etc/fedmsg.d/2.py:1", "no.such": "nowhere",
	} {
		if got := w.from(s, path); got != place {
			t.Errorf("%s is from %s, want %s", path, got, place)
		}
	}
}

func TestChosenFile(t *testing.T) {
	files := map[string]string{
		"etc/fedmsg.d/a.py": "config = dict(environment='etc')",
		"cwd/other.py":      "config = dict(environment='file')",
		"cwd/folder/1.py":   "config = dict(environment='folder')",
		"cwd/env.py":        "config = dict(environment='variable')",
	}
	w := newWorld(t, files)
	w.variables["FEDMSG_CONFIG"] = w.path("cwd/env.py")
	if s := w.load(); s.Environment != "variable" || w.from(s, "fedmsg_config") != "environment variable FEDMSG_CONFIG" {
		t.Errorf("environment %s, from %s", s.Environment, w.from(s, "fedmsg_config"))
	}
	w.write("home/.config/fedmsg-tui/config.toml", "\nfedmsg_config = '~/../cwd/folder'\n")
	if s := w.load(); s.Environment != "folder" || w.from(s, "fedmsg_config") != "/home/.config/fedmsg-tui/config.toml:2" {
		t.Errorf("environment %s, from %s", s.Environment, w.from(s, "fedmsg_config"))
	}
	w.opts.FedmsgConfigPath = "other.py"
	s := w.load()
	if s.Environment != "file" || w.from(s, "fedmsg_config") != "flag --fedmsg-config" {
		t.Errorf("environment %s, from %s", s.Environment, w.from(s, "fedmsg_config"))
	}
	w.warns(s) // what the user named is not announced
	w.opts.FedmsgConfigPath = "missing"
	w.fails("named by flag --fedmsg-config: stat /cwd/missing: no such file")
	w.opts.FedmsgConfigPath, w.opts.ConfigPath = "", "none.toml"
	w.fails("reading settings: stat /cwd/none.toml: no such file")
}

func TestAnnounced(t *testing.T) {
	w := newWorld(t, map[string]string{
		"cwd/fedmsg.d/endpoints.py": "config = dict(\n  endpoints={'x': 'tcp://h:1'})",
		"cwd/fedmsg.d/ssl.py":       "import os\nconfig = dict(\n  validate_signatures=False,\n  ca_cert_location='ca.crt', crypto_backend='gpg', x=os.environ.get('TOKEN', ''),\n  routing_policy={'t': ['n']})",
		"cwd/fedmsg.d/plain.py":     "config = dict(irc=[])",
		"cwd/fedmsg-config.py":      "config = dict(fedmsg_tui=dict(publish=True, record='/tmp/x'))",
	})
	w.variables["TOKEN"] = "secret"
	s := w.load()
	w.warns(s,
		"announce /cwd/fedmsg.d/endpoints.py:2: settings of the current directory decide endpoints",
		"announce /cwd/fedmsg.d/ssl.py:3: settings of the current directory decide ca_cert_location, crypto_backend, routing_policy, validate_signatures",
		"announce /cwd/fedmsg.d/plain.py: settings of the current directory are used",
		"announce /cwd/fedmsg-config.py: settings of the current directory are used",
		"ignored /cwd/fedmsg-config.py:1: fedmsg_tui can only be set in config.toml",
		`ignored /cwd/fedmsg.d/ssl.py: environment variable "TOKEN" is not given to files of the current directory`,
	)
	if s.Publish || s.Record != "" {
		t.Error("a file of the current directory decided what is sent or written")
	}
	if x, _ := s.Lookup("x"); x != "" {
		t.Errorf("the current directory saw %v", x)
	}
	// What a flag replaces is not decided there any more.
	on := true
	w.opts.Overrides = Overrides{Endpoints: []string{"tcp://h:9"}, Validate: &on, CA: "/ca"}
	s = w.load()
	for _, warning := range s.Warnings {
		if warning.Kind == Announce && strings.Contains(warning.Text, "validate_signatures") || strings.Contains(warning.Text, "endpoints") {
			t.Errorf("announced although replaced: %s", warning)
		}
	}
	// The same files, in the user's home, are the user's.
	w = newWorld(t, map[string]string{"home/.fedmsg.d/ssl.py": "import os\nconfig = dict(validate_signatures=False, x=os.environ['TOKEN'])"})
	w.variables["TOKEN"] = "secret"
	w.warns(w.load())
}

func TestUnreadable(t *testing.T) {
	w := newWorld(t, map[string]string{
		"cwd/fedmsg.d/large.py": "#" + strings.Repeat("x", maxFileBytes),
		"cwd/fedmsg.d/z.py":     "config = dict(environment='z')",
		"cwd/fedmsg.d/bad.py":   "config = dict(a=1)\nclass X: pass\nconfig['b'] = 2",
	})
	if err := os.Mkdir(w.path("cwd/fedmsg.d/folder.py"), 0o755); err != nil {
		t.Fatal(err)
	}
	// Opening a pipe that nobody writes to would wait for ever.
	if err := syscall.Mkfifo(w.path("cwd/fedmsg.d/pipe.py"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.write("home/.fedmsg.d", "not a folder")
	s := w.load()
	w.warns(s,
		"skipped /cwd/fedmsg.d/large.py: cannot be read: larger than 1048576 bytes",
		"skipped /cwd/fedmsg.d/folder.py: cannot be read: not a regular file",
		"skipped /cwd/fedmsg.d/pipe.py: cannot be read: not a regular file",
		"skipped /home/.fedmsg.d: cannot be read: not a directory",
		"skipped /cwd/fedmsg.d/bad.py:2: class is not evaluated in settings files",
		"announce /cwd/fedmsg.d/z.py: settings of the current directory are used",
		"announce /cwd/fedmsg.d/bad.py: settings of the current directory are used",
	)
	if b, _ := s.Lookup("b"); s.Environment != "z" || b != int64(2) {
		t.Errorf("environment %s, b %v", s.Environment, b)
	}
}

func TestInterrupted(t *testing.T) {
	w := newWorld(t, map[string]string{"cwd/fedmsg.d/a.py": "config = {}"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, err := Load(ctx, w.opts); !errors.Is(err, context.Canceled) {
		t.Errorf("Load gives %v, %v", s, err)
	}
}

func TestEndpoints(t *testing.T) {
	w := newWorld(t, map[string]string{"etc/fedmsg.d/a.py": `config = dict(
  endpoints={
    'b': ['tcp://*:1', 'tcp://h:2', 'tcp://h:2'],
    'a': 'ipc:///run/x',
    'relay_inbound': ['tcp://127.0.0.1:2003'],
    'bad': ['h:1', 'tcp://h', 'tcp://h:99999', 'udp://h:1', 'tcp://u:pw@h:1', 'tcp://[::1]:5'],
    'worse': 7,
    'worst': {'x': 'tcp://h:1'},
  },
  replay_endpoints={'b': 'tcp://*:11', 'bad': 'nowhere', 'none': None},
)`})
	s := w.load()
	want := []Endpoint{
		{"a", "ipc:///run/x", "ipc:///run/x"}, {"b", "tcp://127.0.0.1:1", "tcp://*:1"}, {"b", "tcp://h:2", "tcp://h:2"},
		{"bad", "tcp://[::1]:5", "tcp://[::1]:5"},
	}
	if !slices.Equal(s.Endpoints, want) {
		t.Errorf("endpoints are %v\nwant %v", s.Endpoints, want)
	}
	if !slices.Equal(s.RelayInbound, []string{"tcp://127.0.0.1:2003"}) || !slices.Equal(s.PublishAt["b"], []string{"tcp://*:1", "tcp://h:2", "tcp://h:2"}) {
		t.Errorf("relay_inbound %v, publish at %v", s.RelayInbound, s.PublishAt)
	}
	if !reflect.DeepEqual(s.ReplayEndpoints, map[string]string{"b": "tcp://127.0.0.1:11"}) {
		t.Errorf("replay endpoints are %v", s.ReplayEndpoints)
	}
	file := "ignored /etc/fedmsg.d/a.py:"
	w.warns(s,
		file+`6: endpoint "bad": address "h:1" is not tcp://HOST:PORT or ipc://PATH`,
		file+`6: endpoint "bad": address "tcp://h" is not tcp://HOST:PORT`,
		file+`6: endpoint "bad": address "tcp://h:99999" is not tcp://HOST:PORT`,
		file+`6: endpoint "bad": address "udp://h:1" is neither tcp:// nor ipc://`,
		file+`6: endpoint "bad": address "tcp://u:********@h:1" is not tcp://HOST:PORT`,
		file+`7: endpoint "worse" is not an address or a list of addresses`,
		file+`8: endpoint "worst" is not an address or a list of addresses`,
		file+`10: replay endpoint "bad": address "nowhere" is not tcp://HOST:PORT or ipc://PATH`,
	)
}

func TestWrongTypes(t *testing.T) {
	w := newWorld(t, map[string]string{"etc/fedmsg.d/a.py": `config = dict(
  endpoints=['tcp://h:1'],
  topic_prefix=7, zmq_linger='long', post_init_sleep=-1,
  validate_signatures='yes', routing_policy={'t': 'a', 'u': [1]}, certnames=[],
  sign_messages=None, routing_nitpicky=0, high_water_mark=1e30, crl_location=None)`})
	s := w.load()
	file := "ignored /etc/fedmsg.d/a.py:"
	w.warns(s,
		file+"2: endpoints is not a table of names and addresses",
		file+"3: topic_prefix is not a string",
		file+"3: zmq_linger is not a number from -1 to 2147483647",
		file+"3: post_init_sleep is not a number from 0 to 3600",
		file+"4: validate_signatures is not true or false; it counts as true",
		file+`4: routing_policy "u" is not a string or a list of strings`,
		file+"4: certnames is not a table",
		file+"5: high_water_mark is not a number from 0 to 2147483647",
	)
	if s.TopicPrefix != "org.fedoraproject" || s.Linger != time.Second || s.Validate == nil || !*s.Validate || s.RoutingNitpicky || s.CRL != "" ||
		!reflect.DeepEqual(s.RoutingPolicy, map[string][]string{"t": {"a"}}) {
		t.Errorf("settings are %+v", s.Tree())
	}
}

// records answers from a table, and never for a domain named "slow".
type records map[string][]*net.SRV

func (r records) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if name == "slow.example" {
		<-ctx.Done()
		return "", nil, ctx.Err()
	}
	if found, ok := r["_"+service+"._"+proto+"."+name]; ok {
		return "", found, nil
	}
	return "", nil, errors.New("no such host")
}

func TestSRV(t *testing.T) {
	w := newWorld(t, map[string]string{"etc/fedmsg.d/a.py": "config = dict(\n  srv_endpoints=['one.example', 'none.example', 'slow.example', 'odd.example', 'not a domain'],\n  endpoints={'x': 'tcp://h:1'})"})
	w.opts.Resolver = records{
		"_fedmsg._tcp.one.example": {{Target: "b.one.example.", Port: 2, Priority: 1}, {Target: "z.one.example.", Port: 3, Priority: 0}, {Target: "a.one.example.", Port: 2, Priority: 1}},
		"_fedmsg._tcp.odd.example": {{Target: ".", Port: 1}, {Target: "x\x1b[2J.", Port: 1}, {Target: "h", Port: 0}},
	}
	opts := w.opts
	synctest.Test(t, func(t *testing.T) { // the slow lookup ends by a timer
		s, err := Load(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		want := []Endpoint{
			{"one.example", "tcp://z.one.example:3", "tcp://z.one.example:3"},
			{"one.example", "tcp://a.one.example:2", "tcp://a.one.example:2"},
			{"one.example", "tcp://b.one.example:2", "tcp://b.one.example:2"},
			{"x", "tcp://h:1", "tcp://h:1"},
		}
		if !slices.Equal(s.Endpoints, want) {
			t.Errorf("endpoints are %v\nwant %v", s.Endpoints, want)
		}
		if got := w.from(s, "endpoints.one.example"); got != "DNS SRV _fedmsg._tcp.one.example" {
			t.Errorf("from %s", got)
		}
		at := "unresolved /etc/fedmsg.d/a.py:2: srv_endpoints: "
		w.warns(s,
			at+"looking up _fedmsg._tcp.none.example: no such host",
			at+"looking up _fedmsg._tcp.slow.example: context deadline exceeded",
			at+"looking up _fedmsg._tcp.odd.example: no usable record",
			at+`"not a domain" is not a domain`,
		)
	})
}

func TestFlags(t *testing.T) {
	w := newWorld(t, map[string]string{
		"etc/fedmsg.d/a.py": "config = dict(endpoints={'bodhi.app01': ['tcp://h:1', 'tcp://h:2'], 'other': 'tcp://h:3'}, srv_endpoints=['one.example'], replay_endpoints={'bodhi.app01': 'tcp://h:9'})",
	})
	no := false
	w.opts.Overrides = Overrides{
		Endpoints: []string{"tcp://h:2", "tcp://new:4"}, AMQP: "amqps://user:pass@host/vhost", Topics: []string{"org."}, Filter: "topic:git",
		CA: "/ca", CRL: "/crl", Validate: &no, History: 90 * time.Minute, Record: "r", MemoryBytes: 1 << 20, Publish: true, Theme: "dusk", ASCII: true,
	}
	s := w.load()
	w.warns(s) // no lookup was made
	// An address that is configured keeps its name, by which its gaps are filled.
	if want := []Endpoint{{"bodhi.app01", "tcp://h:2", "tcp://h:2"}, {"new:4", "tcp://new:4", "tcp://new:4"}}; !slices.Equal(s.Endpoints, want) {
		t.Errorf("endpoints are %v", s.Endpoints)
	}
	if s.AMQP != "amqps://user:pass@host/vhost" || s.Filter != "topic:git" || s.CA != "/ca" || s.CRL != "/crl" || s.Validate == nil || *s.Validate ||
		s.History != 90*time.Minute || s.Record != "r" || s.MemoryBytes != 1<<20 || !s.Publish || s.Theme != "dusk" || !s.ASCII || s.Plain ||
		!slices.Equal(s.Topics, []string{"org."}) {
		t.Errorf("settings are %v", s.Tree())
	}
	for path, place := range map[string]string{
		"endpoints.new:4": "flag --endpoint", "validate_signatures": "flag --no-validate", "theme": "flag --theme", "fedmsg_tui.memory": "flag --memory",
		"replay_endpoints.bodhi.app01": "/etc/fedmsg.d/a.py:1",
	} {
		if got := w.from(s, path); got != place {
			t.Errorf("%s is from %s, want %s", path, got, place)
		}
	}
	w.opts.Overrides = Overrides{Endpoints: []string{"h:1"}}
	w.fails(`--endpoint: address "h:1" is not tcp://HOST:PORT`)
}
