// Package outline knows the skeleton of a Markdown text: headings, list items and fenced blocks.
package outline

import "strings"

// line is one line of a text.
type line struct {
	start  int    // its first byte in the text
	text   string // without the line end
	end    string // the line end, empty after a last line that has none
	fenced bool   // it opens, closes, or lies in a fenced block
}

// lines cuts text into lines.
func lines(text string) []line {
	var found []line
	fenced := false
	for start := 0; start < len(text); {
		whole := text[start:]
		if feed := strings.IndexByte(whole, '\n'); feed >= 0 {
			whole = whole[:feed+1]
		}
		body := strings.TrimSuffix(strings.TrimSuffix(whole, "\n"), "\r")
		if len(whole) == len(body)+1 && strings.HasSuffix(whole, "\r") {
			body = whole // a carriage return without a line feed is no line end
		}
		fence := strings.HasPrefix(strings.TrimLeft(body, " "), "```")
		found = append(found, line{start, body, whole[len(body):], fenced || fence})
		if fence {
			fenced = !fenced
		}
		start += len(whole)
	}
	return found
}

// heading says how many # the line begins with, if that may be a heading: one to six of them and then not another mark.
func (l line) heading() (level int, ok bool) {
	rest := strings.TrimLeft(l.text, "#")
	level = len(l.text) - len(rest)
	return level, !l.fenced && level >= 1 && level <= 6 && rest != ""
}

// item finds the marker of a list item: its indent, and its length without the space behind it. A marker of a numbered
// list is digits and a dot; of another one, a dash, plus or star.
func (l line) item() (indent, length int, numbered, ok bool) {
	rest := strings.TrimLeft(l.text, " ")
	indent = len(l.text) - len(rest)
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	switch {
	case l.fenced:
		return 0, 0, false, false
	case digits > 0 && digits < 10 && strings.HasPrefix(rest[digits:], ". "):
		return indent, digits + 1, true, true
	case strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "+ ") || strings.HasPrefix(rest, "* "):
		return indent, 1, false, true
	}
	return 0, 0, false, false
}
