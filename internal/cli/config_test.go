package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fedmsg-tui/bus/config"
)

// runConfig runs the config command on one fedmsg settings file.
func runConfig(t *testing.T, settings string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "fedmsg.py")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := newConfigCommand(func(ctx context.Context) (*config.Settings, error) {
		return config.Load(ctx, config.Options{
			FedmsgConfigPath: path, Root: dir, Home: dir, WorkDir: dir, Getenv: func(string) string { return "" },
		})
	})
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	clean := func(s string) string { return strings.ReplaceAll(s, dir, "") }
	return clean(out.String()), clean(errs.String()), err
}

const someSettings = `config = {
    'topic_prefix': 'org.example',
    'endpoints': {'b': ['tcp://h:1', 'tcp://h:2'], 'a': 'tcp://h:3'},
    'moksha.monitoring.socket': 'ipc:///x',
    'stomp_pass': 'hush', 'stomp_uri': 'https://me:hush@h/?a=<1>',
    'mixed': [1, 'x', {'k': None}],
    'evil': ['\x1b[2J', 'right\u202eleft', '\x9bm'],
    'n': 7,
}
class X: pass
`

func TestConfigPrintsJSON(t *testing.T) {
	out, errs, err := runConfig(t, someSettings)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(out), &tree); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if tree["topic_prefix"] != "org.example" || tree["environment"] != "dev" || tree["stomp_pass"] == "hush" {
		t.Errorf("settings are %s", out)
	}
	if !strings.Contains(out, "\n  \"endpoints\": {\n    \"a\": \"tcp://h:3\",\n    \"b\": [\n") {
		t.Errorf("not sorted, or not indented by two:\n%s", out)
	}
	if strings.Contains(out, "hush") || strings.ContainsAny(out, "\x1b\u009b\u202e") {
		t.Errorf("secrets or controls in\n%s", out)
	}
	if evil, _ := tree["evil"].([]any); len(evil) != 3 || evil[1] != "right\u202eleft" {
		t.Errorf("escaped characters are not the same ones: %q", evil)
	}
	if !strings.Contains(out, "a=<1>") {
		t.Errorf("escaped as for HTML:\n%s", out)
	}
	if want := "fedmsg-tui: /fedmsg.py:10: class is not evaluated in settings files\n"; errs != want {
		t.Errorf("stderr is %q, want %q", errs, want)
	}
}

func TestConfigQuery(t *testing.T) {
	tests := []struct{ path, want string }{
		{"topic_prefix", "org.example\n"},
		{"endpoints.b", "tcp://h:1\ntcp://h:2\n"},
		{"endpoints.a", "tcp://h:3\n"},
		{"endpoints", "{\n  \"a\": \"tcp://h:3\",\n  \"b\": [\n    \"tcp://h:1\",\n    \"tcp://h:2\"\n  ]\n}\n"},
		{"moksha.monitoring.socket", "ipc:///x\n"},
		{"fedmsg.consumers.gateway.port", "9940\n"},
		{"mixed", "1\nx\n{\"k\":null}\n"},
		{"n", "7\n"},
		{"zmq_enabled", "true\n"},
		{"stomp_pass", "********\n"},
		{"stomp_uri", "https://me:********@h/?a=<1>\n"},
		{"memory", "268435456\n"},
	}
	for _, test := range tests {
		out, _, err := runConfig(t, someSettings, "--query", test.path)
		if err != nil || out != test.want {
			t.Errorf("--query %s prints %q, %v; want %q", test.path, out, err, test.want)
		}
	}
	out, _, err := runConfig(t, someSettings, "--query", "evil")
	if err != nil || strings.ContainsAny(out, "\x1b\u009b\u202e") || strings.Count(out, "\n") != 3 {
		t.Errorf("--query evil prints %q, %v", out, err)
	}
}

func TestConfigQueryOfNothing(t *testing.T) {
	out, _, err := runConfig(t, someSettings, "--query", "topic_prefx")
	if err == nil || out != "" || !strings.Contains(err.Error(), "config: no setting `topic_prefx`") || !strings.Contains(err.Error(), "topic_prefix") {
		t.Errorf("prints %q, %v", out, err)
	}
	if status(err) != exitFailed {
		t.Errorf("exit status %d", status(err))
	}
	if _, _, err := runConfig(t, someSettings, "--query", ""); status(err) != exitFailed {
		t.Errorf("an empty query gives %v", err)
	}
	if _, _, err := runConfig(t, someSettings, "--query", "n", "--sources"); status(err) != exitUsage {
		t.Errorf("both flags give %v", err)
	}
}

func TestConfigSources(t *testing.T) {
	out, _, err := runConfig(t, someSettings, "--sources")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`endpoints.b = ["tcp://h:1","tcp://h:2"]    # /fedmsg.py:3`,
		`environment = "dev"    # built-in default`,
		`fedmsg_tui.fedmsg_config = "/fedmsg.py"    # flag --fedmsg-config`,
		`moksha.monitoring.socket = "ipc:///x"    # /fedmsg.py:4`,
		`stomp_pass = "********"    # /fedmsg.py:5`,
		`topic_prefix = "org.example"    # /fedmsg.py:2`,
	} {
		if !strings.Contains("\n"+out, "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\u009b\u202e") {
		t.Errorf("controls in %q", out)
	}
}
