package themes

// Token is a role in the interface. A theme gives each of them a style.
type Token uint8

// The roles. What a file of a user's own theme calls them is [Token.String].
const (
	Text  Token = iota // whatever has no role of its own
	Dim                // secondary: still read, but not first
	Faint              // hardly there: leaders, rests, disabled entries
	Title              // titles of panes and columns
	Border
	BorderFocus // border of the pane that has the keyboard
	Accent      // what the eye should find: prompts, the current tab
	Key         // a key in a hint
	Input       // text being typed

	// Surfaces: their background is what matters; see Theme.On.
	Selection
	SelectionUnfocused // the selected row of a pane without the keyboard
	Header             // the first row of the screen

	Topic
	Who
	Time
	Number
	Link

	Live
	Frozen
	Warning
	Error
	Gap  // messages are missing, and may still come
	Lost // messages are missing for good
	Replayed
	Own // sent by ourselves
	Mark

	SigOK
	SigCaveat
	SigPending
	SigNone
	SigUnknown
	SigDenied
	SigInvalid

	Escaped      // characters of a message that are shown as escapes
	Match        // what a search found
	MatchCurrent // the one the cursor is on
	Highlight    // rows of a highlight rule

	EnvProd
	EnvStg
	EnvDev
	EnvOther

	Sparkline

	tokenCount
)

var tokenNames = [tokenCount]string{
	Text: "text", Dim: "dim", Faint: "faint", Title: "title", Border: "border",
	BorderFocus: "border-focus", Accent: "accent", Key: "key", Input: "input",
	Selection: "selection", SelectionUnfocused: "selection-unfocused", Header: "header",
	Topic: "topic", Who: "who", Time: "time", Number: "number", Link: "link",
	Live: "live", Frozen: "frozen", Warning: "warning", Error: "error",
	Gap: "gap", Lost: "lost", Replayed: "replayed", Own: "own", Mark: "mark",
	SigOK: "sig-ok", SigCaveat: "sig-caveat", SigPending: "sig-pending", SigNone: "sig-none",
	SigUnknown: "sig-unknown", SigDenied: "sig-denied", SigInvalid: "sig-invalid",
	Escaped: "escaped", Match: "match", MatchCurrent: "match-current", Highlight: "highlight",
	EnvProd: "env-prod", EnvStg: "env-stg", EnvDev: "env-dev", EnvOther: "env-other",
	Sparkline: "sparkline",
}

// String is the token's name in theme files.
func (t Token) String() string {
	if t < tokenCount {
		return tokenNames[t]
	}
	return "unknown"
}

// Tokens are all roles, in the order of their declaration.
func Tokens() []Token {
	all := make([]Token, tokenCount)
	for i := range all {
		all[i] = Token(i)
	}
	return all
}

// TokenNamed finds a token by its name in theme files.
func TokenNamed(name string) (Token, bool) {
	for i, n := range tokenNames {
		if n == name {
			return Token(i), true
		}
	}
	return 0, false
}

// MinContrast is the contrast a theme must give the role, by the formula of
// WCAG 2.2: 4.5 for what is read, 3 for what separates or steps back.
func (t Token) MinContrast() float64 {
	switch t {
	case Dim, Faint, Border, Sparkline:
		return 3
	}
	return 4.5
}

// surface reports whether the token is one that Theme.On knows.
func (t Token) surface() bool {
	return t == Selection || t == SelectionUnfocused || t == Header
}

// parent is the role that stands in for one that a theme does not name.
func (t Token) parent() Token {
	switch t {
	case Faint, Time, Border, Replayed, SigPending, SigNone, SigUnknown:
		return Dim
	case BorderFocus, Key, Link, Live, Sparkline, EnvDev, Own:
		return Accent
	case Frozen, Gap, SigCaveat, EnvStg, SigDenied:
		return Warning
	case Lost, SigInvalid, EnvProd:
		return Error
	case SelectionUnfocused, Header:
		return Selection
	case MatchCurrent:
		return Match
	}
	return Text
}

// EnvironmentToken is the role of a class of environments: prod, stg or dev.
func EnvironmentToken(class string) Token {
	switch class {
	case "prod":
		return EnvProd
	case "stg":
		return EnvStg
	case "dev":
		return EnvDev
	}
	return EnvOther
}
