package outline

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"wit_component/demo_editor_types"
)

// Tokenize cuts text into tokens; they cover it without gaps.
func Tokenize(text string) []demo_editor_types.Token {
	var tokens []demo_editor_types.Token
	at := 0
	push := func(kind demo_editor_types.TokenKind, length int) {
		if length > 0 {
			tokens = append(tokens, demo_editor_types.Token{Kind: kind, Start: uint32(at), Length: uint32(length)})
			at += length
		}
	}
	for _, line := range lines(text) {
		level, heading := line.heading()
		if line.fenced {
			push(demo_editor_types.MakeTokenKindOther("code"), len(line.text))
		} else if heading && line.text[level] == ' ' {
			push(demo_editor_types.MakeTokenKindHeading(uint8(level)), len(line.text))
		} else {
			if indent, length, _, ok := line.item(); ok {
				push(demo_editor_types.MakeTokenKindWhitespace(), indent)
				push(demo_editor_types.MakeTokenKindOther("list-item"), length)
			}
			for end := line.start + len(line.text); at < end; {
				push(run(text[at:end]))
			}
		}
		push(demo_editor_types.MakeTokenKindWhitespace(), len(line.end))
	}
	return tokens
}

// run finds what text, which is not empty, begins with, and how many bytes of it that is.
func run(text string) (demo_editor_types.TokenKind, int) {
	first, length := utf8.DecodeRuneInString(text)
	classes := []struct {
		kind    demo_editor_types.TokenKind
		belongs func(rune) bool
	}{
		{demo_editor_types.MakeTokenKindWord(), func(r rune) bool { return unicode.IsLetter(r) || r == '\'' }},
		{demo_editor_types.MakeTokenKindNumber(), unicode.IsDigit},
		{demo_editor_types.MakeTokenKindWhitespace(), unicode.IsSpace},
	}
	for _, class := range classes {
		if class.belongs(first) {
			rest := strings.TrimLeftFunc(text, class.belongs)
			return class.kind, len(text) - len(rest)
		}
	}
	return demo_editor_types.MakeTokenKindPunctuation(first), length
}
