package demo

import (
	"strings"
	"sync"
)

// special is one kind of message that everyday traffic does not have, and how
// it is made: by whom it is sent, and its frames.
type special struct {
	traits
	make func(s *Script) (*process, [][]byte)
}

// specials are shown in turn, a few in each minute. One of each group follows
// one of the next, so that who looks for half a minute has seen all groups.
var specials = sync.OnceValue(func() []special {
	return inTurn(brokenSpecials(), textSpecials(), oddSpecials(), copySpecials())
})

// signedSpecials are those of scripts that have an authority.
var signedSpecials = sync.OnceValue(func() []special {
	return inTurn(signatureSpecials(), brokenSpecials(), textSpecials(), oddSpecials(), copySpecials())
})

func inTurn(groups ...[]special) []special {
	var all []special
	for more := true; more; {
		more = false
		for g, group := range groups {
			if len(group) > 0 {
				all = append(all, group[0])
				groups[g] = group[1:]
				more = true
			}
		}
	}
	return all
}

// texts are what people could write to trouble those who read it. All of them
// are valid text, so their messages are well formed.
var texts = []struct {
	kind Kind
	text string
}{
	{"hostile: escape sequences", "harmless\x1b[2J\x1b[H\x1b[1;32m signed by koji, trusted \x1b[0m\x1b[10A"},
	{"hostile: title and clipboard", "see \x1b]0;rm -rf ~\x07\x1b]52;c;cm0gLXJmIH4=\x07 and \x1b]8;;https://evil.example.net/\x1b\\https://good.example.org\x1b]8;;\x1b\\"},
	{"hostile: C1 controls", "one\u009b31mtwo\u009d0;title\u009c three\u0085four\u007f\u007ffive"},
	{"hostile: device control", "a\x1bP$q\"p\x1b\\b\x1b_G q=2\x1b\\c\x1b^privacy\x1b\\d\x1bXstring\x1b\\e\x05\x0e\x0f"},
	{"hostile: carriage return", "refused, karma -3\rapproved, karma +3\vand\fdown\b\b\b\bup"},
	{"hostile: newlines", "one line\nfrom root: approved\n\n\n\n\n\r\n\ttabbed\tout"},
	{"hostile: bidi controls", "invoice\u202egnp.exe\u202c and \u2066isolated\u2069 \u202bembedded\u202c \u200eleft \u200fright \u061cmark"},
	{"hostile: zero width", "pass\u200bword f\u200cedora\u200d \ufeffbyte order \u2060joined soft\u00adhyphen"},
	{"hostile: line separators", "first\u2028second\u2029third\u0085fourth\u001cfifth"},
	{"hostile: combining marks", "z\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u030a\u030b\u030ca\u0316\u0317\u0318\u0319\u031c\u031d\u031e\u031f\u0320lgo \u20dd\u20e3"},
	{"hostile: tags and selectors", "flag\U000e0067\U000e0062\U000e007f x\ufe0f\ufe0e y\U000e0100 \ue000\U000f0000\uffff\ufffe"},
	{"hostile: one long word", "a" + strings.Repeat("very", 500) + "long"},
	{"hostile: markup of others", `<script>alert(1)</script> &amp; ${jndi:ldap://x.example.net} $(reboot) ` + "`reboot`" + ` '; DROP TABLE messages; -- %s%n {{7*7}}`},
	{"text: CJK", "修正：日本語の入力で落ちる問題 更新到上游版本 한국어 번역을 고침 ｆｕｌｌｗｉｄｔｈ"},
	{"text: right to left", "עדכון לגרסה החדשה (1.2) של الحزمة الجديدة ۱۲۳ mixed with English"},
	{"text: emoji", "it works 🎉🚀 thumbs 👍🏽 flags 🇨🇿🇯🇵 keycap 1️⃣ heart ❤️"},
	{"text: ZWJ families", "👩‍👩‍👧‍👦 and 👨🏿‍🚒 and 🏳️‍🌈 and 🧑‍🤝‍🧑"},
	{"text: Indic and Thai", "नमस्ते दुनिया ক্ষুদ্র สวัสดีครับ กำลังทดสอบ မြန်မာ"},
}

// rawTexts are written into the JSON as they stand, which json.dumps would not
// do but other languages' encoders do.
var rawTexts = []struct {
	kind Kind
	json string
}{
	{"hostile: raw C1 controls", "one\u009b31mtwo\u009d0;title\u009c\u007f"},
	{"hostile: raw bidi and zero width", "invoice\u202egnp.exe\u202c pass\u200bword\ufeff\u2028"},
	{"text: raw UTF-8", "příliš žluťoučký kůň 日本語 🎉"},
	{"text: raw NUL and short escapes", `nul \u0000 slash \/ tab \t quote \" upper case \u00E9 \u001B[31m`},
}

// spoken are the steps in which somebody's words stand where readers see them.
const spoken = `
scm git.receive
bodhi bodhi.update.comment new=1
pagure pagure.issue.new
supybot irc.karma
github2fedmsg github.issue.comment
debmessenger debmessenger.bug.report
mediawiki wiki.article.edit
debmessenger debmessenger.package.upload
`

func textSpecials() []special {
	var all []special
	add := func(kind Kind, fragment string, foreign bool) {
		all = append(all, special{traits{kind: kind, foreign: foreign}, func(s *Script) (*process, [][]byte) {
			return s.speak(fragment)
		}})
	}
	for _, t := range texts {
		add(t.kind, inside(t.text), false)
	}
	for _, t := range rawTexts {
		add(t.kind, t.json, true)
	}
	// Python keeps half a surrogate pair as it is, in both directions.
	add("hostile: lone surrogates", `half a pair \ud83d and \udc00\ud800 the other way`, false)
	all = append(all, special{traits{kind: "hostile: escapes in the topic"}, func(s *Script) (*process, [][]byte) {
		p := s.processes["shell"]
		topic := p.prefix + "logger.\x1b[31m\u202elog"
		d := s.draft(p, inside(topic))
		d.body = []byte(`{"log":"a topic that moves the cursor"}`)
		return p, s.frames(topic, s.sealed(p, &d))
	}})
	all = append(all, special{traits{kind: "hostile: escapes in the username"}, func(s *Script) (*process, [][]byte) {
		p := s.processes["shell"]
		d := s.draft(p, p.prefix+"logger.log")
		d.user = `"` + inside("root\x1b[7m\r\u202e") + `"`
		d.body = []byte(`{"log":"a user that nobody should be"}`)
		return p, s.frames(d.topic, s.sealed(p, &d))
	}})
	return all
}

// speak lets somebody say the text; who and where changes each time.
func (s *Script) speak(fragment string) (*process, [][]byte) {
	st := &s.spoken[s.spokenNext%len(s.spoken)]
	s.spokenNext++
	s.solo.recast()
	s.solo.text = fragment
	defer func() { s.solo.text = "" }()
	return st.process, s.frames(st.topic, s.write(st, s.solo, signAffordable))
}
