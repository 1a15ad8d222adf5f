package pyfile

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// fixtures are whole files as administrators write them, and what they mean.
func fixtures(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../testdata/*.py")
	if err != nil || len(paths) < 4 {
		t.Fatalf("the fixtures are missing: %v, %v", paths, err)
	}
	found := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(path, ".py")] = string(text)
	}
	return found
}

func TestFixtures(t *testing.T) {
	problems := map[string][]string{
		"logging": {"6: class is not evaluated", `28: "()" is skipped: name "HostFilter"`},
	}
	for path, src := range fixtures(t) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(path + ".json")
			if err != nil {
				t.Fatal(err)
			}
			got := eval(t, src)
			same(t, got.Config, string(want))
			told(t, got.Problems, problems[name])
		})
	}
}

// python runs our own test sources, given as JSON on stdin, in surroundings
// like those of the tests. What it cannot run is null.
const python = `
import json, os, random, socket, sys, io
os.getcwd = lambda: '/srv/dir'
socket.gethostname = socket.getfqdn = lambda *a: 'app01.example.org'
random.randint = lambda a, b: a
random.choice = lambda s: s[0]
os.environ.clear()
os.environ.update(HOME='/home/someone', REGION='north')
sys.modules['psutil'] = None
stdout, sys.stdout = sys.stdout, io.StringIO()
results = []
for source in json.load(sys.stdin):
    try:
        names = {'__name__': 'config'}
        exec(compile(source, 'source', 'exec'), names)
        def plain(value):
            if isinstance(value, bytes):
                return value.decode('latin-1')
            raise TypeError('no value of settings')
        results.append(json.loads(json.dumps(names['config'], default=plain)))
    except Exception:
        results.append(None)
json.dump(results, stdout)
`

// What evaluates without a problem here, and evaluates in CPython as well, must
// mean the same.
func TestAgreesWithPython(t *testing.T) {
	interpreter := "/usr/bin/python3"
	if _, err := os.Stat(interpreter); err != nil {
		if interpreter, err = exec.LookPath("python3"); err != nil {
			if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
				t.Fatal("python3 is required, and not installed")
			}
			t.Skip("python3 is not installed")
		}
	}
	var names, sources []string
	for _, test := range constructs {
		if len(test.problems) == 0 {
			names, sources = append(names, test.name), append(sources, test.src)
		}
	}
	for path, src := range fixtures(t) {
		names, sources = append(names, path), append(sources, src)
	}
	input, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), interpreter, "-W", "ignore", "-c", python)
	command.Stdin = strings.NewReader(string(input))
	output, err := command.Output()
	if err != nil {
		t.Fatalf("running %s: %v", interpreter, err)
	}
	var results []map[string]any
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, want := range results {
		got := eval(t, sources[i])
		if want == nil || len(got.Problems) > 0 {
			continue
		}
		compared++
		text, err := json.Marshal(got.Config.Plain())
		if err != nil {
			t.Fatal(err)
		}
		var read map[string]any
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, want) {
			t.Errorf("%s: config is %v\n  python says %v", names[i], read, want)
		}
	}
	t.Logf("%d of %d sources compared", compared, len(sources))
	if compared < 35 {
		t.Errorf("only %d sources could be compared", compared)
	}
}
