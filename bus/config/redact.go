package config

import (
	"regexp"
	"strings"
)

// redacted stands in for a secret, whatever its length was.
const redacted = "********"

// namesSecret reports whether a key is one whose value nobody should see.
func namesSecret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"password", "passwd", "passphrase", "secret", "api_key", "apikey"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return key == "pass" || strings.HasSuffix(key, "_pass") || strings.HasSuffix(key, "token")
}

// redact copies a value of the tree without its secrets: all of it when its
// key names one, else what is below such keys, and the passwords in URLs.
func redact(value any, secret bool) any {
	switch value := value.(type) {
	case map[string]any:
		table := make(map[string]any, len(value))
		for key, v := range value {
			table[key] = redact(v, secret || namesSecret(key))
		}
		return table
	case []any:
		list := make([]any, len(value))
		for i, v := range value {
			list[i] = redact(v, secret)
		}
		return list
	case string:
		if secret && value != "" {
			return redacted
		}
		return RedactURL(value)
	case nil, bool:
		return value
	}
	if secret {
		return redacted
	}
	return value
}

var (
	urlStart   = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://`)
	secretTerm = regexp.MustCompile(`(?i)([?&;][a-z_]*(?:password|passwd|passphrase|secret|token)=)[^&;\s]*`)
)

// RedactURL is text with the passwords of the URLs in it replaced: those
// before the host (scheme://user:password@host) and those in the query
// (?password=…). Other text comes back unchanged.
func RedactURL(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	var out strings.Builder
	for {
		start := urlStart.FindStringIndex(text)
		if start == nil {
			out.WriteString(text)
			break
		}
		out.WriteString(text[:start[1]])
		text = text[start[1]:]
		end := strings.IndexAny(text, " \t\r\n")
		if end < 0 {
			end = len(text)
		}
		// Of several addresses in one word, separated by commas, each is
		// looked at by itself.
		if next := urlStart.FindStringIndex(text[:end]); next != nil {
			end = next[0]
		}
		out.WriteString(redactUser(text[:end]))
		text = text[end:]
	}
	return secretTerm.ReplaceAllString(out.String(), "${1}"+redacted)
}

// redactUser takes what follows "://" and hides the password in it.
func redactUser(rest string) string {
	before := rest
	if cut := strings.IndexAny(rest, "?#"); cut >= 0 {
		before = rest[:cut]
	}
	// A password may contain a slash that should have been escaped, so the last
	// @ of the path counts as well: rather hide too much.
	at := strings.LastIndexByte(before, '@')
	if at < 0 {
		// It may even contain a question mark. What follows a host's colon is a
		// port, so anything else is such a password.
		_, port, colon := strings.Cut(before, ":")
		port, _, _ = strings.Cut(port, "/")
		if !colon || strings.Trim(port, "0123456789") == "" {
			return rest
		}
		if at = strings.LastIndexByte(rest, '@'); at < 0 {
			return rest
		}
	}
	colon := strings.IndexByte(rest[:at], ':')
	if colon < 0 || colon == at-1 {
		return rest
	}
	return rest[:colon+1] + redacted + rest[at:]
}
