package cli

import (
	"fmt"
	"strconv"
	"strings"

	"fedmsg-tui/crypto"
	"fedmsg-tui/render"
)

// How verify and tail print a verdict.

// appendVerdictJSON appends a verdict as one line of JSON; docs/security.md has
// its form. Line 0 is none. It is written by hand, as it would otherwise cost as
// much as the half of a public key operation.
func appendVerdictJSON(dst []byte, line int, v *crypto.Verdict) []byte {
	dst = append(dst, '{')
	if line > 0 {
		dst = strconv.AppendInt(append(dst, `"line":`...), int64(line), 10)
		dst = append(dst, ',')
	}
	dst = appendText(append(dst, `"msg_id":`...), v.MsgID)
	dst = appendText(append(dst, `,"topic":`...), v.Topic)
	dst = appendText(append(dst, `,"class":`...), v.Class().String())
	dst = appendText(append(dst, `,"code":`...), v.Code.String())
	dst = appendText(append(dst, `,"signer":`...), v.Signer)
	dst = appendText(append(dst, `,"reason":`...), v.Reason)
	for i, r := range v.Repairs {
		if i == 0 {
			dst = append(dst, `,"repairs":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendText(dst, r)
		if i == len(v.Repairs)-1 {
			dst = append(dst, ']')
		}
	}
	dst = append(dst, `,"steps":[`...)
	for i, s := range v.Steps {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"step":`...), s.Name)
		dst = appendText(append(dst, `,"result":`...), s.Result.String())
		if s.Note != "" {
			dst = appendText(append(dst, `,"note":`...), s.Note)
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}\n"...)
}

// appendText appends a string as JSON. What a terminal might act on is escaped.
func appendText(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := encodeJSON(text, "")
			if err != nil {
				panic(err) // a string always encodes
			}
			return append(dst, strings.TrimSuffix(quoted, "\n")...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}

func appendVerdictLine(dst []byte, line int, v *crypto.Verdict) []byte {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	text := fmt.Sprintf("%d  %-7s  %-13s  %s  %s  %s  %s", line, v.Class(), v.Code, dash(v.Signer), dash(v.Topic), dash(v.MsgID), v.Reason)
	dst, _ = render.AppendSafe(dst, []byte(text), render.NoLimit)
	return append(dst, '\n')
}
