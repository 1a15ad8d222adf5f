package pyfile

import (
	"errors"

	"go.starlark.net/syntax"
)

// The names of the operations that the guard puts into the tree. They begin
// with a sign that no Python name has, so a file can neither call nor replace
// them.
const (
	opBinary  = "$op"      // (operator, x, y)
	opCall    = "$call"    // (f, line, arguments…)
	opAttr    = "$attr"    // (x, name)
	opKey     = "$key"     // (key) as it is, if it may be one
	opSized   = "$sized"   // (x) as it is, once its length is paid for
	opDict    = "$dict"    // ([(key, value, line), …])
	opMakes   = "$makes"   // (dict, [positional…], [(key, value, line), …], {key: line})
	opValue   = "$value"   // (lambda: value, line): the value, or the skipped one
	opSetItem = "$setitem" // (x, key, value, line)

	// global is put before the names that a statement at the top assigns to.
	// All other names are looked up when they are used, in the variables of
	// the machine, so that a function sees the names that are there when it
	// runs, as in Python.
	global = "$"
)

// maxTreeDepth bounds the depth of an expression. The parser bounds what is
// nested, but not chains such as 1+1+1+…, which are as deep, and which the
// compiler would walk recursively.
const maxTreeDepth = 400

var errDeep = errors.New("expression is too deep")

// guard changes a syntax tree so that every operation that can cost more than
// a step goes through the machine. Starlark counts steps only, and a single
// step can repeat a string a billion times.
type guard struct {
	depth int
	err   error
	local int // functions around the present statement
	// isolate: a dictionary's value that cannot be evaluated is left out. Not
	// so within try, where the handler must see the failure.
	isolate bool
}

func (g *guard) file(f *syntax.File) error {
	g.stmts(f.Stmts)
	return g.err
}

func (g *guard) stmts(stmts []syntax.Stmt) {
	for i, stmt := range stmts {
		if g.err != nil {
			return
		}
		stmts[i] = g.stmt(stmt)
	}
}

func (g *guard) stmt(stmt syntax.Stmt) syntax.Stmt {
	switch s := stmt.(type) {
	case *syntax.ExprStmt:
		s.X = g.expr(s.X)
	case *syntax.AssignStmt:
		return g.assign(s)
	case *syntax.DefStmt:
		g.params(s.Params)
		g.local++
		g.stmts(s.Body)
		g.local--
		if g.local == 0 {
			s.Name = ident(global+s.Name.Name, s.Name.NamePos)
		}
	case *syntax.IfStmt:
		s.Cond = g.expr(s.Cond)
		g.stmts(s.True)
		g.stmts(s.False)
	case *syntax.ForStmt:
		s.Vars, s.X = g.target(s.Vars), g.sized(s.X)
		g.stmts(s.Body)
	case *syntax.WhileStmt:
		s.Cond = g.expr(s.Cond)
		g.stmts(s.Body)
	case *syntax.ReturnStmt:
		s.Result = g.expr(s.Result)
	case *syntax.LoadStmt:
		g.fail(errors.New("load is not Python"))
	}
	return stmt
}

var augmented = map[syntax.Token]string{
	syntax.PLUS_EQ: "+=", syntax.MINUS_EQ: "-", syntax.STAR_EQ: "*", syntax.SLASH_EQ: "/", syntax.SLASHSLASH_EQ: "//",
	syntax.PERCENT_EQ: "%", syntax.AMP_EQ: "&", syntax.PIPE_EQ: "|", syntax.CIRCUMFLEX_EQ: "^",
	syntax.LTLT_EQ: "<<", syntax.GTGT_EQ: ">>",
}

func (g *guard) assign(s *syntax.AssignStmt) syntax.Stmt {
	left, pos := unparen(s.LHS), s.OpPos
	s.RHS = g.expr(s.RHS)
	if op, ok := augmented[s.Op]; ok {
		// The target is evaluated twice. Its parts have no effects but what a
		// call in it may have, which no settings file relies on. The two must
		// not share nodes, since the resolver writes into them.
		s.Op = syntax.EQ
		s.RHS = call(opBinary, pos, text(op, pos), g.expr(g.copyTarget(left)), s.RHS)
	}
	if index, ok := left.(*syntax.IndexExpr); ok {
		return &syntax.ExprStmt{X: call(opSetItem, pos, g.expr(index.X), g.key(index.Y), s.RHS, number(line(left), pos))}
	}
	s.LHS = g.target(left)
	return s
}

// copyTarget copies the target of an augmented assignment: a name, or
// attributes and indices by names and literals.
func (g *guard) copyTarget(e syntax.Expr) syntax.Expr {
	switch e := unparen(e).(type) {
	case *syntax.Ident:
		return ident(e.Name, e.NamePos)
	case *syntax.Literal:
		return e // the resolver leaves literals alone
	case *syntax.IndexExpr:
		return &syntax.IndexExpr{X: g.copyTarget(e.X), Lbrack: e.Lbrack, Y: g.copyTarget(e.Y), Rbrack: e.Rbrack}
	case *syntax.DotExpr:
		return &syntax.DotExpr{X: g.copyTarget(e.X), Dot: e.Dot, NamePos: e.NamePos, Name: ident(e.Name.Name, e.NamePos)}
	}
	g.fail(errors.New("target of the augmented assignment is too complex"))
	return ident("None", syntax.Start(e))
}

// target is the left side of an assignment, or the variables of a for.
func (g *guard) target(e syntax.Expr) syntax.Expr {
	switch e := e.(type) {
	case *syntax.ParenExpr:
		e.X = g.target(e.X)
	case *syntax.Ident:
		if g.local == 0 {
			return ident(global+e.Name, e.NamePos)
		}
	case *syntax.TupleExpr:
		for i := range e.List {
			e.List[i] = g.target(e.List[i])
		}
	case *syntax.ListExpr:
		for i := range e.List {
			e.List[i] = g.target(e.List[i])
		}
	case *syntax.IndexExpr:
		e.X, e.Y = g.expr(e.X), g.key(e.Y)
	case *syntax.DotExpr:
		e.X = g.expr(e.X)
	}
	return e
}

func (g *guard) params(params []syntax.Expr) {
	for _, p := range params {
		if def, ok := p.(*syntax.BinaryExpr); ok {
			def.Y = g.expr(def.Y)
		}
	}
}

func (g *guard) exprs(list []syntax.Expr) {
	for i := range list {
		list[i] = g.expr(list[i])
	}
}

// expr guards an expression. It may return another one.
func (g *guard) expr(e syntax.Expr) syntax.Expr {
	if e == nil || g.err != nil {
		return e
	}
	if g.depth++; g.depth > maxTreeDepth {
		g.fail(errDeep)
	}
	defer func() { g.depth-- }()
	switch e := e.(type) {
	case *syntax.ParenExpr:
		e.X = g.expr(e.X)
	case *syntax.UnaryExpr:
		e.X = g.expr(e.X)
	case *syntax.BinaryExpr:
		e.X, e.Y = g.expr(e.X), g.expr(e.Y)
		if e.Op != syntax.AND && e.Op != syntax.OR {
			return call(opBinary, e.OpPos, text(e.Op.String(), e.OpPos), e.X, e.Y)
		}
	case *syntax.CondExpr:
		e.Cond, e.True, e.False = g.expr(e.Cond), g.expr(e.True), g.expr(e.False)
	case *syntax.LambdaExpr:
		g.params(e.Params)
		g.local++
		e.Body = g.expr(e.Body)
		g.local--
	case *syntax.ListExpr:
		g.exprs(e.List)
	case *syntax.TupleExpr:
		g.exprs(e.List)
	case *syntax.Comprehension:
		g.comprehension(e)
	case *syntax.DictExpr:
		return g.dict(e)
	case *syntax.CallExpr:
		return g.call(e)
	case *syntax.DotExpr:
		return call(opAttr, e.Dot, g.expr(e.X), text(e.Name.Name, e.NamePos))
	case *syntax.IndexExpr:
		e.X, e.Y = g.expr(e.X), g.key(e.Y)
	case *syntax.SliceExpr:
		e.X, e.Lo, e.Hi, e.Step = g.sized(e.X), g.expr(e.Lo), g.expr(e.Hi), g.expr(e.Step)
	}
	return e
}

func (g *guard) comprehension(e *syntax.Comprehension) {
	g.local++ // the variables of a comprehension are its own
	defer func() { g.local-- }()
	for _, clause := range e.Clauses {
		switch c := clause.(type) {
		case *syntax.ForClause:
			c.Vars, c.X = g.target(c.Vars), g.sized(c.X)
		case *syntax.IfClause:
			c.Cond = g.expr(c.Cond)
		}
	}
	if entry, ok := e.Body.(*syntax.DictEntry); ok {
		entry.Key, entry.Value = g.key(entry.Key), g.expr(entry.Value)
		return
	}
	e.Body = g.expr(e.Body)
}

// dict turns a display into a call, so that its entries keep their lines and
// one that cannot be evaluated costs itself only.
func (g *guard) dict(e *syntax.DictExpr) syntax.Expr {
	return call(opDict, e.Lbrace, &syntax.ListExpr{Lbrack: e.Lbrace, List: g.entries(e.List), Rbrack: e.Rbrace})
}

// entries makes (key, value, line) of entries and of named arguments.
func (g *guard) entries(list []syntax.Expr) []syntax.Expr {
	entries := make([]syntax.Expr, len(list))
	for i, x := range list {
		var key, value syntax.Expr
		var pos syntax.Position
		switch x := x.(type) {
		case *syntax.DictEntry:
			key, value, pos = g.key(x.Key), x.Value, syntax.Start(x.Key)
		case *syntax.BinaryExpr:
			name := x.X.(*syntax.Ident)
			key, value, pos = text(name.Name, name.NamePos), x.Y, name.NamePos
		}
		entries[i] = tuple(pos, key, g.value(value, pos), number(int(pos.Line), pos))
	}
	return entries
}

// value guards a dictionary's value, in isolation unless it is a literal.
func (g *guard) value(e syntax.Expr, pos syntax.Position) syntax.Expr {
	guarded := g.expr(e)
	if _, ok := guarded.(*syntax.Literal); ok || !g.isolate {
		return guarded
	}
	return call(opValue, pos, &syntax.LambdaExpr{Lambda: pos, Body: guarded}, number(int(pos.Line), pos))
}

func (g *guard) call(e *syntax.CallExpr) syntax.Expr {
	if name, ok := e.Fn.(*syntax.Ident); ok && name.Name == "dict" && g.plainArgs(e.Args) {
		return g.makes(e)
	}
	for i, arg := range e.Args {
		switch arg := arg.(type) {
		case *syntax.BinaryExpr:
			if arg.Op == syntax.EQ {
				arg.Y = g.expr(arg.Y)
				continue
			}
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				arg.X = g.sized(arg.X)
				continue
			}
		}
		e.Args[i] = g.expr(arg)
	}
	e.Args = append([]syntax.Expr{g.expr(e.Fn), number(int(e.Lparen.Line), e.Lparen)}, e.Args...)
	e.Fn = ident(opCall, e.Lparen)
	return e
}

// plainArgs reports whether no argument is *x.
func (g *guard) plainArgs(args []syntax.Expr) bool {
	for _, arg := range args {
		if u, ok := arg.(*syntax.UnaryExpr); ok && u.Op == syntax.STAR {
			return false
		}
	}
	return true
}

// makes guards dict(…): the named arguments become entries as in a display,
// and so do the literal pairs of a list, for their lines and their isolation.
func (g *guard) makes(e *syntax.CallExpr) syntax.Expr {
	pos := e.Lparen
	var positional, named, lines []syntax.Expr
	for _, arg := range e.Args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			named = append(named, arg)
			continue
		}
		if u, ok := arg.(*syntax.UnaryExpr); ok && u.Op == syntax.STARSTAR {
			arg = u.X
		}
		g.pairs(arg, &lines, 0)
		positional = append(positional, g.expr(arg))
	}
	list := func(items []syntax.Expr) syntax.Expr {
		return &syntax.ListExpr{Lbrack: pos, List: items, Rbrack: pos}
	}
	return call(opMakes, pos, ident("dict", pos), list(positional), list(g.entries(named)), list(lines))
}

// pairs looks for literal pairs, [("a", x), …] + […], isolates their values
// and notes the lines of their keys.
func (g *guard) pairs(e syntax.Expr, lines *[]syntax.Expr, depth int) {
	if depth > maxTreeDepth {
		g.fail(errDeep)
		return
	}
	var list []syntax.Expr
	switch e := e.(type) {
	case *syntax.ParenExpr:
		g.pairs(e.X, lines, depth+1)
	case *syntax.BinaryExpr:
		if e.Op == syntax.PLUS {
			g.pairs(e.X, lines, depth+1)
			g.pairs(e.Y, lines, depth+1)
		}
	case *syntax.ListExpr:
		list = e.List
	case *syntax.TupleExpr:
		list = e.List
	}
	for _, x := range list {
		pair, ok := unparen(x).(*syntax.TupleExpr)
		if !ok || len(pair.List) != 2 {
			continue
		}
		if key, ok := pair.List[0].(*syntax.Literal); ok && key.Token == syntax.STRING {
			*lines = append(*lines, tuple(key.TokenPos, text(key.Value.(string), key.TokenPos),
				number(int(key.TokenPos.Line), key.TokenPos)))
		}
		if _, literal := pair.List[1].(*syntax.Literal); !literal && g.isolate {
			// The lambda's body is guarded with the rest of the argument.
			pos := syntax.Start(pair.List[0])
			pair.List[1] = &syntax.CallExpr{Fn: ident(opValue, pos), Lparen: pos, Rparen: pos,
				Args: []syntax.Expr{&syntax.LambdaExpr{Lambda: pos, Body: pair.List[1]}, number(int(pos.Line), pos)}}
		}
	}
}

// key guards what is used as a key: hashing a tuple can cost without end.
func (g *guard) key(e syntax.Expr) syntax.Expr {
	guarded := g.expr(e)
	if _, literal := guarded.(*syntax.Literal); literal || guarded == nil {
		return guarded
	}
	return call(opKey, syntax.Start(e), guarded)
}

func (g *guard) sized(e syntax.Expr) syntax.Expr {
	pos := syntax.Start(e)
	return call(opSized, pos, g.expr(e))
}

func (g *guard) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

func unparen(e syntax.Expr) syntax.Expr {
	for {
		p, ok := e.(*syntax.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}

func line(e syntax.Expr) int { return int(syntax.Start(e).Line) }

func ident(name string, pos syntax.Position) *syntax.Ident {
	return &syntax.Ident{NamePos: pos, Name: name}
}

func text(s string, pos syntax.Position) syntax.Expr {
	return &syntax.Literal{Token: syntax.STRING, TokenPos: pos, Raw: `""`, Value: s}
}

func number(n int, pos syntax.Position) syntax.Expr {
	return &syntax.Literal{Token: syntax.INT, TokenPos: pos, Raw: "0", Value: int64(n)}
}

func tuple(pos syntax.Position, list ...syntax.Expr) syntax.Expr {
	return &syntax.TupleExpr{Lparen: pos, List: list, Rparen: pos}
}

func call(name string, pos syntax.Position, args ...syntax.Expr) syntax.Expr {
	return &syntax.CallExpr{Fn: ident(name, pos), Lparen: pos, Args: args, Rparen: pos}
}
