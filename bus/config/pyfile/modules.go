package pyfile

import (
	"fmt"
	"path"
	"strings"

	"go.starlark.net/starlark"
)

// modules are those that a file may import, by their full names. They know
// what the surroundings tell, and nothing more of the world.
func (m *machine) modules() map[string]*module {
	if m.imported != nil {
		return m.imported
	}
	host := starlark.String(m.around.Hostname)
	paths := m.pathModule()
	environ := &environment{m}
	six := &module{"six", starlark.StringDict{
		"PY2": starlark.False, "PY3": starlark.True,
		"string_types": starlark.Tuple{m.vars["str"]}, "text_type": m.vars["str"], "binary_type": m.vars["str"],
		"integer_types": starlark.Tuple{m.vars["int"]},
		"iteritems":     m.function("iteritems", 1, 1, iterItems),
	}}
	m.imported = map[string]*module{
		"os.path": paths,
		"os": {"os", starlark.StringDict{
			"path": paths, "environ": environ, "name": starlark.String("posix"), "linesep": starlark.String("\n"),
			"sep": starlark.String("/"), "pathsep": starlark.String(":"), "curdir": starlark.String("."), "pardir": starlark.String(".."),
			"getcwd": m.constant("getcwd", starlark.String(m.around.WorkDir)),
			"getenv": m.function("getenv", 1, 2, environ.get),
			"uname":  m.constant("uname", starlark.Tuple{starlark.String("Linux"), host, starlark.String(""), starlark.String(""), starlark.String("")}),
		}},
		"socket": {"socket", starlark.StringDict{
			// The fully qualified name would need DNS.
			"gethostname": m.constant("gethostname", host), "getfqdn": m.constant("getfqdn", host),
		}},
		"platform": {"platform", starlark.StringDict{
			"node": m.constant("node", host), "system": m.constant("system", starlark.String("Linux")),
		}},
		"random": {"random", starlark.StringDict{
			"randint":   m.function("randint", 2, 2, firstOf),
			"randrange": m.function("randrange", 1, 3, firstOf),
			"choice":    m.function("choice", 1, 1, m.choice),
			"random":    m.constant("random", starlark.Float(0)),
		}},
		"sys": {"sys", starlark.StringDict{
			"version_info": starlark.Tuple{starlark.MakeInt(3), starlark.MakeInt(11), starlark.MakeInt(0), starlark.String("final"), starlark.MakeInt(0)},
			"platform":     starlark.String("linux"), "argv": starlark.NewList(nil), "maxsize": starlark.MakeInt64(1<<63 - 1),
		}},
		"six": six,
		"logging": {"logging", starlark.StringDict{
			"NOTSET": starlark.MakeInt(0), "DEBUG": starlark.MakeInt(10), "INFO": starlark.MakeInt(20),
			"WARNING": starlark.MakeInt(30), "WARN": starlark.MakeInt(30), "ERROR": starlark.MakeInt(40), "CRITICAL": starlark.MakeInt(50),
		}},
		"getpass": {"getpass", starlark.StringDict{"getuser": m.function("getuser", 0, 0, func([]starlark.Value) (starlark.Value, error) {
			for _, name := range []string{"LOGNAME", "USER"} {
				if user, set := environ.lookup(name); set && user != "" {
					return starlark.String(user), nil
				}
			}
			return nil, fmt.Errorf("the user's name is not known")
		})}},
	}
	return m.imported
}

// function makes a builtin of positional arguments, between least and most.
func (m *machine) function(name string, least, most int, f func(args []starlark.Value) (starlark.Value, error)) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if len(args) < least || len(args) > most || len(kwargs) > 0 {
			return nil, fmt.Errorf("%s is called with the wrong arguments", name)
		}
		return f(args)
	})
}

func (m *machine) constant(name string, value starlark.Value) *starlark.Builtin {
	return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) { return value, nil })
}

// firstOf stands for random numbers: settings must not change from one run to
// the next.
func firstOf(args []starlark.Value) (starlark.Value, error) {
	if len(args) == 1 {
		return starlark.MakeInt(0), nil
	}
	return args[0], nil
}

func (m *machine) choice(args []starlark.Value) (starlark.Value, error) {
	list, ok := args[0].(starlark.Indexable)
	if !ok || list.Len() == 0 {
		return nil, fmt.Errorf("cannot choose from an empty sequence")
	}
	return list.Index(0), nil
}

// pathModule is what of os.path works on text alone.
func (m *machine) pathModule() *module {
	onText := func(name string, f func(string) starlark.Value) *starlark.Builtin {
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
			text, ok := starlark.AsString(args[0])
			if !ok {
				return nil, fmt.Errorf("%s wants a path, not %s", name, kindOf(args[0]))
			}
			return f(text), nil
		})
	}
	absolute := func(p string) starlark.Value {
		if !strings.HasPrefix(p, "/") {
			p = m.around.WorkDir + "/" + p
		}
		return starlark.String(path.Clean(p))
	}
	return &module{"os.path", starlark.StringDict{
		"sep":      starlark.String("/"),
		"join":     m.function("join", 1, 255, joinPath),
		"dirname":  onText("dirname", func(p string) starlark.Value { return starlark.String(splitPath(p)[0]) }),
		"basename": onText("basename", func(p string) starlark.Value { return starlark.String(splitPath(p)[1]) }),
		"split": onText("split", func(p string) starlark.Value {
			parts := splitPath(p)
			return starlark.Tuple{starlark.String(parts[0]), starlark.String(parts[1])}
		}),
		"normpath": onText("normpath", func(p string) starlark.Value { return starlark.String(path.Clean(p)) }),
		"isabs":    onText("isabs", func(p string) starlark.Value { return starlark.Bool(strings.HasPrefix(p, "/")) }),
		"abspath":  onText("abspath", absolute),
		// Without a look at the disk no link can be followed.
		"realpath": onText("realpath", absolute),
		"expanduser": onText("expanduser", func(p string) starlark.Value {
			if p == "~" || strings.HasPrefix(p, "~/") {
				p = m.around.Home + p[1:]
			}
			return starlark.String(p)
		}),
	}}
}

// joinPath is os.path.join (posixpath.py, join): an absolute part starts anew.
func joinPath(args []starlark.Value) (starlark.Value, error) {
	joined := ""
	for _, arg := range args {
		part, ok := starlark.AsString(arg)
		switch {
		case !ok:
			return nil, fmt.Errorf("join wants paths, not %s", kindOf(arg))
		case strings.HasPrefix(part, "/"), joined == "":
			joined = part
		case strings.HasSuffix(joined, "/"):
			joined += part
		default:
			joined += "/" + part
		}
	}
	return starlark.String(joined), nil
}

// splitPath is os.path.split (posixpath.py, split).
func splitPath(p string) [2]string {
	cut := strings.LastIndexByte(p, '/') + 1
	head, tail := p[:cut], p[cut:]
	if trimmed := strings.TrimRight(head, "/"); trimmed != "" {
		head = trimmed
	}
	return [2]string{head, tail}
}

// environment is os.environ.
type environment struct{ m *machine }

var (
	_ starlark.Mapping  = (*environment)(nil)
	_ starlark.HasAttrs = (*environment)(nil)
)

func (e *environment) String() string        { return "os.environ" }
func (e *environment) Type() string          { return "environ" }
func (e *environment) Freeze()               {}
func (e *environment) Truth() starlark.Bool  { return true }
func (e *environment) Hash() (uint32, error) { return 0, fmt.Errorf("os.environ cannot be a key") }
func (e *environment) AttrNames() []string   { return []string{"get"} }

func (e *environment) lookup(name string) (string, bool) {
	if e.m.around.Env == nil {
		return "", false
	}
	value, set := e.m.around.Env(name)
	// It may come from anywhere, so it is not longer than what a file writes.
	return value[:min(len(value), MaxFileBytes)], set
}

// Get serves os.environ[name] and name in os.environ.
func (e *environment) Get(name starlark.Value) (starlark.Value, bool, error) {
	text, ok := starlark.AsString(name)
	if !ok {
		return nil, false, fmt.Errorf("os.environ wants a name, not %s", kindOf(name))
	}
	value, set := e.lookup(text)
	return starlark.String(value), set, nil
}

func (e *environment) Attr(name string) (starlark.Value, error) {
	if name != "get" {
		return nil, fmt.Errorf("os.environ.%s is not available to settings files", name)
	}
	return e.m.function("get", 1, 2, e.get), nil
}

func (e *environment) get(args []starlark.Value) (starlark.Value, error) {
	value, set, err := e.Get(args[0])
	switch {
	case err != nil:
		return nil, err
	case set:
		return value, nil
	case len(args) == 2:
		return args[1], nil
	}
	return starlark.None, nil
}
