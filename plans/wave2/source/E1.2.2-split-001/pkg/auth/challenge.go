package auth

import "strings"

// Challenge is one way to log in that a registry offers in a WWW-Authenticate header.
type Challenge struct {
	Scheme     string // in lower case: basic, bearer
	Parameters map[string]string
}

// ParseChallenges reads the values of WWW-Authenticate headers; each may hold several challenges.
func ParseChallenges(values []string) []Challenge {
	var challenges []Challenge
	for _, value := range values {
		for _, item := range splitOutsideQuotes(value) {
			// An item is `name=value`, or a scheme which the first parameter of a new challenge may follow.
			if scheme, rest, _ := strings.Cut(item, " "); scheme != "" && !strings.Contains(scheme, "=") {
				challenges = append(challenges, Challenge{strings.ToLower(scheme), map[string]string{}})
				item = rest
			}
			if name, text, found := strings.Cut(item, "="); found && len(challenges) > 0 {
				last := challenges[len(challenges)-1]
				last.Parameters[strings.ToLower(strings.TrimSpace(name))] = unquote(strings.TrimSpace(text))
			}
		}
	}
	return challenges
}

// splitOutsideQuotes splits a header at the commas that are not in a quoted text.
func splitOutsideQuotes(value string) []string {
	var items []string
	start, quoted := 0, false
	for i := 0; i < len(value); i++ {
		switch {
		case quoted && value[i] == '\\':
			i++ // what follows is taken as it is
		case value[i] == '"':
			quoted = !quoted
		case value[i] == ',' && !quoted:
			items = append(items, strings.TrimSpace(value[start:i]))
			start = i + 1
		}
	}
	return append(items, strings.TrimSpace(value[start:]))
}

// unquote takes the quotes off a quoted text; any other text stays.
func unquote(text string) string {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return text
	}
	var plain strings.Builder
	for i := 1; i < len(text)-1; i++ {
		if text[i] == '\\' && i < len(text)-2 {
			i++
		}
		plain.WriteByte(text[i])
	}
	return plain.String()
}
