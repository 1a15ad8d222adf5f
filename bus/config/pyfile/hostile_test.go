package pyfile

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// Each of these would take all memory, all time or the stack. None may panic,
// and what comes before them stays.
func TestHostile(t *testing.T) {
	tests := []struct{ name, src string }{
		{"endless loop", "while True:\n    pass"},
		{"endless loop in a function", "def f():\n    while True:\n        pass\nf()"},
		{"long range", "for i in range(10**9): pass"},
		{"huge loop", "for i in range(1000000000): x = i"},
		{"comprehension", "x = [i for i in range(1000000000)]"},
		{"list of range", "x = list(range(1000000000))"},
		{"sorted range", "x = sorted(range(1000000000))"},
		{"tuple of range", "x = tuple(range(1000000000))"},
		{"set of range", "x = set(range(1000000000))"},
		{"sum of range", "x = sum(range(1000000000))"},
		{"max of range", "x = max(range(1000000000))"},
		{"zip of ranges", "x = zip(range(1000000000), range(1000000000))"},
		{"star", "def f(*a): return a\nx = f(*range(1000000000))"},
		{"unpacking", "x = []\nx += range(1000000000)"},
		{"extend", "x = []\nx.extend(range(1000000000))"},
		{"extend as key", "l = []\nx = sorted([range(1000000000)], key=l.extend)"},
		{"join as key", "x = max([['a' * 1000] * 1000] * 1000, key=('x' * 100000).join)"},
		{"repeat", "x = 'a' * 10000000000"},
		{"repeat from the left", "x = 10000000000 * 'a'"},
		{"repeat a list", "x = [0] * 1000000000"},
		{"repeat a tuple", "x = (0,) * 1000000000"},
		{"doubling text", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = a + a\n", 60)},
		{"doubling text in place", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a += a\n", 60)},
		{"doubling a list", "a = [0]\n" + strings.Repeat("a = a + a\n", 60)},
		{"doubling a list in place", "a = [0]\n" + strings.Repeat("a += a\n", 60)},
		{"doubling by format", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = '%s%s' % (a, a)\n", 60)},
		{"doubling by named format", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = '{0}{0}'.format(a)\n", 60)},
		{"doubling by replace", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = a.replace('a', 'aa')\n", 60)},
		{"doubling by join", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = a.join([a, a])\n", 60)},
		{"doubling by f-string", "a = 'aaaaaaaaaaaaaaaa'\n" + strings.Repeat("a = f'{a}{a}'\n", 60)},
		{"squaring", "a = 99999999999\n" + strings.Repeat("a = a * a\n", 60)},
		{"shifting", "a = 1\n" + strings.Repeat("a = a << 500\n", 500)},
		{"shared list", "a = [0]\n" + strings.Repeat("a = [a, a]\n", 60) + "x = str(a)"},
		{"shared list compared", "a = [0]\n" + strings.Repeat("a = [a] * 1000\n", 9) + "x = a == a + []"},
		{"shared tuple as key", "a = (0,)\n" + strings.Repeat("a = (a,) * 1000\n", 20) + "x = {a: 1}"},
		{"shared tuple hashed by dict", "a = (0,)\n" + strings.Repeat("a = (a,) * 1000\n", 20) + "x = dict([(a, 1)])"},
		{"shared tuple hashed by set", "a = (0,)\n" + strings.Repeat("a = (a,) * 1000\n", 20) + "x = set([a])"},
		{"shared tuple looked up", "a = (0,)\n" + strings.Repeat("a = (a,) * 1000\n", 20) + "x = {}.get(a)\ny = {}[a]"},
		{"shared config", "a = {}\n" + strings.Repeat("a = {'x': a, 'y': a}\n", 60) + "config['a'] = a"},
		{"list in itself", "a = []\na.append(a)\nx = str(a)\nconfig['a'] = a"},
		{"dictionary in itself", "config['a'] = config\nconfig['b'] = config"},
		{"wide field", "x = '%1000000000d' % 1"},
		{"wide named field", "x = '{:1000000000}'.format(1)"},
		{"precise field", "x = '%.1000000000f' % 1"},
		{"zfill", "x = 'a'.zfill(1000000000)"},
		{"deep brackets", "x = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)},
		{"deep braces unclosed", "x = " + strings.Repeat("{1:", 100_000)},
		{"long chain of +", "x = 1" + strings.Repeat("+1", 100_000)},
		{"long chain of .", "x = a" + strings.Repeat(".b", 100_000)},
		{"long chain of ()", "x = a" + strings.Repeat("()", 100_000)},
		{"long chain of not", "x = " + strings.Repeat("not ", 100_000) + "1"},
		{"long chain of -", "x = " + strings.Repeat("-", 100_000) + "1"},
		{"long chain of if", "x = 1" + strings.Repeat(" if 1 else 1", 50_000)},
		{"long chain of lambda", "x = " + strings.Repeat("lambda:", 100_000) + "1"},
		{"long chain of =", strings.Repeat("x = ", 100_000) + "1"},
		{"pairs in a long chain", "x = dict([]" + strings.Repeat("+[]", 50_000) + ")"},
		{"deep suites", deepSuites(2000)},
		{"deep functions", deepFunctions(2000)},
		{"recursion", "def f(): return f()\nf()"},
		{"mutual recursion", "def f(): return g()\ndef g(): return f()\nf()"},
		{"recursion by sorted", "def f(x): return sorted([1], key=f)\nf(1)"},
		{"chain of functions", chainOfFunctions(3000)},
		{"long number", "x = " + strings.Repeat("9", 500_000)},
		{"long name", "x = " + strings.Repeat("a", 500_000)},
		{"f-strings in f-strings", "x = " + strings.Repeat("f'{", 5000) + "1" + strings.Repeat("}'", 5000)},
		{"many statements", strings.Repeat("a=1\n", 200_000)},
		{"many bad statements", strings.Repeat("a$\n", 200_000)},
		{"many tokens", strings.Repeat(";", 1_000_000)},
		{"many names", "x = [" + strings.Repeat("a,", 300_000) + "]"},
		{"endless try", "while True:\n    try:\n        import x\n    except ImportError:\n        pass"},
		{"catching the end", "try:\n    while True:\n        pass\nexcept:\n    pass\nconfig['caught'] = 1"},
		{"catching the end of space", "try:\n    for i in range(1000000000):\n        pass\nexcept:\n    pass\nconfig['caught'] = 1"},
		{"isolating the end", "def f():\n    while True:\n        pass\nx = {'a': f()}\nconfig['isolated'] = 1"},
		{"load", "load('x', 'y')"},
		{"names of the guard", "x = $op('*', 'a', 1)\ny = __settings_item__"},
		{"files and processes", "open('/etc/passwd')\nimport subprocess\n__import__('os').system('true')\neval('1')\nexec('1')"},
		{"object graph", "x = ().__class__.__bases__[0].__subclasses__()\ny = os.__dict__"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src := "config = {'before': 1}\n" + test.src
			if len(src) > MaxFileBytes {
				t.Fatalf("the test is larger than a file: %d bytes", len(src))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			// An eighth of the real bounds: enough to tell, and quick under -race.
			got := Eval(context.Background(), []byte(src), testSurroundings, &Budget{steps: maxSteps / 8, units: maxUnits / 8})
			runtime.ReadMemStats(&after)
			if got.Config["before"].Value != int64(1) && test.name != "many names" {
				t.Errorf("what was set before is lost: %v", got.Config)
			}
			if got.Config["caught"].Value != nil || got.Config["isolated"].Value != nil {
				t.Error("the file went on after it had used up its budget")
			}
			if made := (after.TotalAlloc - before.TotalAlloc) >> 20; made > 250 {
				t.Errorf("made %d MiB of garbage", made)
			}
			if len(got.Problems) > maxProblems+2 {
				t.Errorf("%d problems", len(got.Problems))
			}
			for _, problem := range got.Problems {
				if len(problem.Text) > maxProblemBytes+3 {
					t.Errorf("a problem of %d bytes", len(problem.Text))
				}
			}
		})
	}
}

func deepSuites(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", min(i, 300)) + "if True:\n")
	}
	return b.String()
}

func deepFunctions(n int) string {
	var b strings.Builder
	for i := range min(n, 1000) {
		b.WriteString(strings.Repeat(" ", i) + "def f():\n")
	}
	b.WriteString(strings.Repeat(" ", 1000) + "pass\n")
	return b.String()
}

func chainOfFunctions(n int) string {
	var b strings.Builder
	b.WriteString("def f0(): return 1\n")
	for i := 1; i < n; i++ {
		b.WriteString("def f" + strconv.Itoa(i) + "(): return f" + strconv.Itoa(i-1) + "()\n")
	}
	b.WriteString("x = f" + strconv.Itoa(n-1) + "()\n")
	return b.String()
}

// All files of a load share a budget, so that a folder of hostile files costs
// not much more than one.
func TestBudgetIsShared(t *testing.T) {
	budget := &Budget{steps: maxSteps + 10_000, units: maxUnits}
	endless := []byte("config = {}\nwhile True:\n    pass")
	first := Eval(context.Background(), endless, testSurroundings, budget)
	if budget.steps > 10_000 || budget.steps == 0 {
		t.Errorf("%d steps left after one endless file", budget.steps)
	}
	second := Eval(context.Background(), endless, testSurroundings, budget)
	if budget.steps != 0 || first.Config == nil || second.Config == nil {
		t.Errorf("%d steps left after two endless files: %v, %v", budget.steps, first, second)
	}
	got := Eval(context.Background(), []byte("config = dict(a=1)"), testSurroundings, budget)
	if got.Config != nil || len(got.Problems) != 1 {
		t.Errorf("without a budget: %v", got)
	}
}

func TestTooLargeOrNotText(t *testing.T) {
	got := eval(t, strings.Repeat("#", MaxFileBytes+1))
	told(t, got.Problems, []string{"0: larger than"})
	got = eval(t, "config = {}\x00")
	told(t, got.Problems, []string{"0: is not text"})
	got = eval(t, "config = {'a': '\xff'} # caf\xe9")
	told(t, got.Problems, []string{"0: is not UTF-8"})
	same(t, got.Config, `{"a":"\ufffd"}`)
}

func FuzzEval(f *testing.F) {
	for _, seed := range []string{
		"config = dict(a=1)", "try:\n import x\nexcept ImportError:\n x = None\n", "for i in range(3):\n  if i: break\n",
		"config = {'a' 'b': f'{1:>3}' % (), **{}}", "a = b = c", "x = '''\n''' \\\n + r\"\\\"", "del a[0], b", "def f(a, *b):\n\treturn a\n",
		"config = dict([('a', lambda: 1)] + [(x, y) for x in 'a' for y in 'b'])", "x = '%(a)s %5.2f %%' % {'a': 1}", "print 1; from a import (b as c,)",
		"while 1:\n a += [a]\n", "{}.format(a=1)[0:1]['x']", "class A: pass\n@x\ndef f(): pass", "x = 0777L if 1 is not 2 else (y for y in z)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		budget := &Budget{steps: 50_000, units: 200_000}
		got := Eval(context.Background(), []byte(src), testSurroundings, budget)
		if len(got.Problems) > maxProblems+2 {
			t.Errorf("%d problems", len(got.Problems))
		}
		again := Eval(context.Background(), []byte(src), testSurroundings, &Budget{steps: 50_000, units: 200_000})
		if len(again.Problems) != len(got.Problems) || len(again.Config) != len(got.Config) {
			t.Errorf("evaluating twice gave different results")
		}
	})
}

// Every token of a file is on one line, the lines go up, and no text is lost
// that is not white space or a comment.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"a = 1\n", "'''x\n''' 'y'", "if a:\n\tb\n  c", "(\n[{\n", "x = \\\n 1", "a$b\n'", "\"\\\n\"", "1e+5.e-3", "\f", "a\n  "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, src string) {
		lines := scan(src)
		total := 1 + strings.Count(src, "\n") + strings.Count(src, "\r")
		last := 0
		for _, line := range lines {
			if line.line < last || line.line > total {
				t.Fatalf("line %d after %d of %d", line.line, last, total)
			}
			last = line.line
			for _, token := range line.tokens {
				if token.line < last || token.line > total {
					t.Fatalf("token %q on line %d, in a line of %d", token.text, token.line, last)
				}
				last = token.line
			}
		}
		blocks(lines, 0)
	})
}
