package pyfile

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

var testSurroundings = Surroundings{
	WorkDir: "/srv/dir", Home: "/home/someone", Hostname: "app01.example.org",
	Env: func(name string) (string, bool) {
		value, set := map[string]string{"HOME": "/home/someone", "REGION": "north"}[name]
		return value, set
	},
}

func eval(t testing.TB, src string) Result {
	t.Helper()
	return Eval(context.Background(), []byte(src), testSurroundings, NewBudget())
}

// same compares a configuration with JSON.
func same(t *testing.T, got Table, want string) {
	t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("the test's own JSON: %v", err)
	}
	text, err := json.Marshal(got.Plain())
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, wanted) {
		t.Errorf("config is %s\n      want %s", text, want)
	}
}

// told compares problems with "LINE: part of the text".
func told(t *testing.T, got []Problem, want []string) {
	t.Helper()
	matches := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		line, part, _ := strings.Cut(want[i], ": ")
		matches = matches && fmt.Sprint(got[i].Line) == line && strings.Contains(got[i].Text, part)
	}
	if !matches {
		t.Errorf("problems are %+v\n       want %q", got, want)
	}
}

// constructs are what real files are made of.
var constructs = []struct {
	name, src, want string
	problems        []string
}{
	{"empty", "config = {}", `{}`, nil},
	{"dict call", "config = dict(a=1, b='x',)", `{"a":1,"b":"x"}`, nil},
	{"nested literals", "config = {'a': {'b': [1, (2, 3), {'c': None}]}, 'd': True, 'e': -1.5, 'f': ()}",
		`{"a":{"b":[1,[2,3],{"c":null}]},"d":true,"e":-1.5,"f":[]}`, nil},
	{"last of equal keys wins", "config = {'a': 1, 'a': 2}", `{"a":2}`, nil},
	{"pairs", "config = dict(p=dict([('a', 1), ('b', [2])] + [('c', 3)]))", `{"p":{"a":1,"b":[2],"c":3}}`, nil},
	{"pairs from a generator", "config = dict(('k%i' % i, i) for i in range(3) if i != 1)", `{"k0":0,"k2":2}`, nil},
	{"keywords over pairs", "config = dict({'a': 1, 'b': 1}, b=2, **{'c': 3})", `{"a":1,"b":2,"c":3}`, nil},
	{"merged display", "base = {'a': 1}\nconfig = {**base, 'b': 2}", `{"a":1,"b":2}`, nil},
	{"number keys", "config = {1: 'a', None: 'b', False: 'c'}", `{"1":"a","null":"b","false":"c"}`, nil},

	{"strings", `config = dict(a='x' "y" u'z', b=r'\d', c="\x41\u00e9\n\101", d='''two
lines''', e=b'bytes', f='it\'s', g="a\
b", h='\d')`, `{"a":"xyz","b":"\\d","c":"Aé\nA","d":"two\nlines","e":"bytes","f":"it's","g":"ab","h":"\\d"}`, nil},
	{"implicit concatenation and %", "config = dict(a='tcp://%s'\n  ':%i' % ('h', 3))", `{"a":"tcp://h:3"}`, nil},
	{"docstrings", "\"\"\"One\n'two'\n\"\"\"\n'adjacent' 'ones'\n# comment\nconfig = {}  # another\n'''last'''", `{}`, nil},
	{"f-strings", "h = 'x'\nn = 7\nconfig = dict(a=f'tcp://{h}:{n + 1}', b=f'{{{n:03d}}}' '{}', c=f\"{h!r:>5}\", d=rf'\\{n}')",
		`{"a":"tcp://x:8","b":"{007}{}","c":"  'x'","d":"\\7"}`, nil},
	{"percent", `config = dict(a='%s %d %05.1f %-3s| %x %r %% %+d' % ('a', 7, 2.25, 'b', 255, 'q', 1), b='%(k)s' % {'k': 'v'}, c='%s' % [1, 'a'], d='%i' % 3.9)`,
		`{"a":"a 7 002.2 b  | ff 'q' % +1","b":"v","c":"[1, 'a']","d":"3"}`, nil},
	{"format", `config = dict(a='{}.{}'.format('x', 1), b='{1}{0}{1}'.format('a', 'b'), c='{n:>4}|{m:,}|{d[k]}|{l[1]}'.format(n=1, m=12345, d={'k': 'v'}, l=[1, 2]), d='{{}}'.format())`,
		`{"a":"x.1","b":"bab","c":"   1|12,345|v|2","d":"{}"}`, nil},
	{"comprehensions", "config = {'bodhi.%s' % h: ['tcp://%s:300%i' % (h, i) for i in range(4) if i % 2] for h in ('a', 'b')}",
		`{"bodhi.a":["tcp://a:3001","tcp://a:3003"],"bodhi.b":["tcp://b:3001","tcp://b:3003"]}`, nil},
	{"comprehension over itself", "l = ['a']\nl = [x + 'b' for x in l]\nconfig = dict(l=l)", `{"l":["ab"]}`, nil},
	{"numbers", "config = dict(a=0644, b=10L, c=0x1F, d=1_000, e=1e3, f=.5, g=00, h=0o17)", `{"a":420,"b":10,"c":31,"d":1000,"e":1000,"f":0.5,"g":0,"h":15}`, nil},
	{"arithmetic", "port = 3000\nconfig = dict(a=port + 1, b='tcp://*:%i' % (port + 1), c=7 // 2, d=[1] * 2, e=7 % 4, f=not port)",
		`{"a":3001,"b":"tcp://*:3001","c":3,"d":[1,1],"e":3,"f":false}`, nil},

	{"here and paths", "import os\nhere = os.getcwd()\nSEP = os.path.sep\nconfig = dict(a=SEP.join((here, 'keys')), b=os.path.join(here, 'x', '/y', 'z'), c=os.path.dirname(here), d=os.path.expanduser('~/k'), e=os.path.abspath('../k'))",
		`{"a":"/srv/dir/keys","b":"/y/z","c":"/srv","d":"/home/someone/k","e":"/srv/k"}`, nil},
	{"host name", "import socket\nhostname = socket.gethostname().split('.', 1)[0]\nconfig = dict(a=hostname, b='mdapi.{}'.format(socket.getfqdn()))",
		`{"a":"app01","b":"mdapi.app01.example.org"}`, nil},
	{"environment", "import os\nconfig = dict(a=os.environ.get('REGION', 'x'), b=os.environ.get('NOPE', 'x'), c=os.environ['HOME'], d='NOPE' in os.environ, e=os.getenv('NOPE'))",
		`{"a":"north","b":"x","c":"/home/someone","d":false,"e":null}`, nil},
	{"random is not random", "import random\nconfig = dict(a=random.randint(3000, 3999), b=random.choice(['x', 'y']))", `{"a":3000,"b":"x"}`, nil},
	{"kinds of imports", "from os import path as p, getcwd\nimport os.path, socket as s\nfrom os.path import (join,\n  sep)\nfrom __future__ import unicode_literals\nconfig = dict(a=p.join('a', 'b'), b=getcwd(), c=s.gethostname(), d=join('x', sep), e=os.name)",
		`{"a":"a/b","b":"/srv/dir","c":"app01.example.org","d":"/","e":"posix"}`, nil},
	{"unknown module", "import psutil, os\nimport hashlib\nconfig = dict(a=os.sep)", `{"a":"/"}`,
		[]string{"1: module psutil", "2: module hashlib"}},
	{"try import", "try:\n    import psutil\n    found = True\nexcept ImportError:\n    psutil = None\n    found = False\nconfig = dict(a=psutil is None, b=found)",
		`{"a":true,"b":false}`, nil},
	{"try with all clauses", "r = []\ntry:\n    import os\nexcept (ImportError, KeyError) as e:\n    r.append('no')\nelse:\n    r.append('else')\nfinally:\n    r.append('finally')\nconfig = dict(r=r)",
		`{"r":["else","finally"]}`, nil},
	{"try by class", "d = {}\ntry:\n    x = d['a']\nexcept ImportError:\n    x = 1\nexcept LookupError as e:\n    x = 2\nconfig = dict(x=x)", `{"x":2}`, nil},
	{"uncaught", "try:\n    import nope\nexcept KeyError:\n    pass\nconfig = {}", `{}`, []string{"2: module nope"}},
	{"after the import", "import psutil\nname = psutil.Process(1).name\nif callable(name):\n    name = name()\nconfig = dict(a=1)", `{"a":1}`,
		[]string{"1: module psutil", `2: name "psutil" is not defined, since line 1 was skipped`, `3: name "name" is not defined, since line 2`}},

	{"assignments after", "config = {'a': {}}\nconfig['moksha.monitoring.socket'] = 'ipc:///x'\nconfig['a']['b'] = config['c'] = 1\nconfig['l'] = [1]\nconfig['l'] += [2]\nconfig.update(d=4, **{'e.f': 5})\nconfig.setdefault('g', {})['h'] = 6",
		`{"moksha.monitoring.socket":"ipc:///x","a":{"b":1},"c":1,"l":[1,2],"d":4,"e.f":5,"g":{"h":6}}`, nil},
	{"augmented", "n = 1\nn += 2\nn *= 5\ns = 'a'\ns += 'b'\nconfig = dict(n=n, s=s)", `{"n":15,"s":"ab"}`, nil},
	{"several targets", "a = b = [1]\nb.append(2)\n(c, d), e = (3, 4), 5\nx, y = y0, x0 = 1, 2\nconfig = dict(a=a, c=c, d=d, e=e, y=y, z=x0)", `{"a":[1,2],"c":3,"d":4,"e":5,"y":2,"z":2}`, nil},
	{"annotation", "config: dict = {'a': 1}", `{"a":1}`, nil},
	{"del", "config = {'a': 1, 'b': 2}\nx = 1\ndel config['a'], x", `{"b":2}`, nil},
	{"semicolons and continuation", "a = 1; b = \\\n  2;\nconfig = dict(a=a,\n\n# in between\n b=b)", `{"a":1,"b":2}`, nil},
	{"if and else", "import six\nif six.PY2:\n    v = 2\nelif six.PY3 and not None:\n    if True: v = 3\nelse:\n    v = 4\nconfig = dict(v=v)", `{"v":3}`, nil},
	{"for and while", "config = {}\nfor i, n in enumerate(['a', 'b', 'c']):\n    if n == 'b':\n        continue\n    config[n] = i\nelse:\n    config['else'] = True\nn = 0\nwhile True:\n    n += 1\n    if n > 3:\n        break\nconfig['n'] = n",
		`{"a":0,"c":2,"else":true,"n":4}`, nil},
	{"def", "port = 1\ndef address(host, port_=None, *rest):\n    \"\"\"Doc.\n    string\"\"\"\n    # comment\n\n    if port_ is None:\n        port_ = port\n    return 'tcp://%s:%i' % (host, port_)\nport = 2\nconfig = dict(a=address('h'), b=address('h', 9))",
		`{"a":"tcp://h:2","b":"tcp://h:9"}`, nil},
	{"lambda", "f = lambda n, k=2: n * k\nconfig = dict(a=f(3))", `{"a":6}`, nil},
	{"isinstance", "config = dict(a=isinstance('x', str), b=isinstance(1, (str, dict)), c=isinstance({}, dict))", `{"a":true,"b":false,"c":true}`, nil},
	{"print", "print 'old', 1\nprint('new')\nprint\nconfig = {}", `{}`, nil},
	{"class", "import logging\nclass Context(logging.Filter):\n    def filter(self, record):\n        return True\n\n    x = 1\nconfig = dict(level=logging.INFO, c=Context)", `{"level":20}`,
		[]string{"2: class is not evaluated", `7: "c" is skipped: name "Context" is not defined, since line 2`}},
	{"objects", "config = dict(\n  a=1,\n  persistent_store=SqlStore(create_engine('sqlite://')),\n  b={'ok': 1, 'no': Thing()},\n)\nconfig['c'] = len",
		`{"a":1,"b":{"ok":1}}`,
		[]string{`4: "no" is skipped: name "Thing"`, `3: "persistent_store" is skipped: name "SqlStore"`, `6: "c" is skipped: a function`}},
	{"pair of an object", "config = dict([\n  ('a', 1),\n  ('b', Nope()),\n])", `{"a":1}`, []string{`3: "b" is skipped: name "Nope"`}},
	{"decorated", "@property\ndef f():\n    pass\nconfig = {}", `{}`, []string{"1: @ is not evaluated"}},
	{"with and others", "with open('x') as f:\n    y = f.read()\nassert config\nraise ValueError()\nconfig = dict(a=1)", `{"a":1}`,
		[]string{"1: with is not evaluated", "3: assert is", "4: raise is"}},
	{"if that cannot be told", "if unknown:\n    a = 1\nelse:\n    a = 2\nconfig = dict(b=1)", `{"b":1}`, []string{`1: name "unknown"`}},
	{"one bad line", "a = = 3\nb = 'unclosed\nc = $x\nd = )\nconfig = dict(ok=1)", `{"ok":1}`,
		[]string{"1: cannot be read", "2: string is not closed", "3: unexpected character", "4: closes nothing"}},
	{"unclosed bracket", "config = dict(a=1)\nx = [1,\nb = 2", `{"a":1}`, []string{`2: bracket '[' of line 2 is never closed`}},
	// What is above the indentation is broken by it, and what needs that.
	{"wrong indentation", "x = dict(a=1)\n    y = 1\nconfig = dict(a=1)\nconfig['b'] = x", `{"a":1}`,
		[]string{"2: unexpected indentation", `4: name "x" is not defined, since line 2`}},
	{"else alone", "else:\n    x = 1\nconfig = {}", `{}`, []string{"1: belongs to no statement"}},
	{"windows lines and BOM", "\ufeffconfig = {\r\n  'a': 1,\r\n}\r\n", `{"a":1}`, nil},
	{"identity", "config = dict(a=None is None, b=1 is not None, c=True is not False, d=2 <> 3)", `{"a":true,"b":true,"c":true,"d":true}`, nil},
	{"methods", "config = dict(a='a,b'.split(','), b=' x '.strip().upper(), c='-'.join(str(i) for i in (1, 2)), d='aXb'.replace('X', '--'), e=sorted({'b': 1, 'a': 2}), f=sorted([3, 1])[0], g='x'.encode('utf-8').decode(), h='7'.zfill(3), i=sum([1, 2]))",
		`{"a":["a","b"],"b":"X","c":"1-2","d":"a--b","e":["a","b"],"f":1,"g":"x","h":"007","i":3}`, nil},
	{"dictionary methods", "d = {'b': 1, 'a': 2}\nc = d.copy()\nc['z'] = 0\nconfig = dict(d=d, k=sorted(d.keys()), i=[[k, v] for k, v in sorted(d.iteritems())], v=list(d.itervalues()), h=d.has_key('a'), g=d.get('q', 5))",
		`{"d":{"a":2,"b":1},"k":["a","b"],"i":[["a",2],["b",1]],"v":[1,2],"h":true,"g":5}`, nil},
	{"list methods", "l = [3, 1]\nl.extend((2,))\nl.sort()\nl.reverse()\nl.insert(0, 9)\nl.remove(1)\nconfig = dict(l=l, n=l.count(9), i=l.index(3), s=l[1:], last=l[-1])",
		`{"l":[9,3,2],"n":1,"i":1,"s":[3,2],"last":2}`, nil},
}

func TestConstructs(t *testing.T) {
	for _, test := range constructs {
		t.Run(test.name, func(t *testing.T) {
			got := eval(t, test.src)
			same(t, got.Config, test.want)
			told(t, got.Problems, test.problems)
		})
	}
}

func TestNoConfig(t *testing.T) {
	if got := eval(t, "settings = {}"); got.Config != nil || len(got.Problems) != 0 {
		t.Errorf("got %v", got)
	}
	got := eval(t, "config = [1]")
	told(t, got.Problems, []string{"0: config is a list, not a dictionary"})
}

func TestLines(t *testing.T) {
	got := eval(t, `import socket

config = dict(
    environment='dev',
    endpoints={
        'a.%s' % socket.gethostname(): [
            'tcp://127.0.0.1:1',
        ],
        'b': '''
        ''',
        'c': dict(d=1,
            e=2),
    },
    pairs=dict([
        ('f', 1),
    ] + [
        ('g', 2)]),
)
config['h'] = 1
config.update(i=1,
    **{
       'j': 2})
for n in 'k', 'l':
    config[n] = 0
`)
	want := map[string]int{
		"environment": 4, "endpoints": 5, "endpoints a.app01.example.org": 6, "endpoints b": 9, "endpoints c": 11,
		"endpoints c d": 11, "endpoints c e": 12, "pairs": 14, "pairs f": 15, "pairs g": 17, "h": 19, "i": 20, "j": 20, "k": 24, "l": 24,
	}
	lines := map[string]int{}
	var walk func(prefix string, table Table)
	walk = func(prefix string, table Table) {
		for key, entry := range table {
			lines[prefix+key] = entry.Line
			if inner, ok := entry.Value.(Table); ok {
				walk(prefix+key+" ", inner)
			}
		}
	}
	walk("", got.Config)
	if !reflect.DeepEqual(lines, want) {
		t.Errorf("lines are %v\nwant      %v", lines, want)
	}
}

func TestEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := Eval(ctx, []byte("while True:\n    pass"), testSurroundings, NewBudget())
	told(t, got.Problems, []string{"1: interrupted"})
}
