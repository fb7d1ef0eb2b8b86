// Package export_demo_editor_dictionary implements the interface dictionary: files and environment as Go has them, which is
// through WASI.
package export_demo_editor_dictionary

import (
	"os"
	"strings"

	"wit_component/demo_editor_types"
	"wit_component/memory"
	"wit_component/outline"

	"go.bytecodealliance.org/pkg/wit/types"
)

var known = map[string]bool{}

// LoadDictionary replaces the known words by those in the file at path; lines that begin with # are comments.
func LoadDictionary(path string) wit_types.Result[uint32, string] {
	memory.Collect()
	text, err := os.ReadFile(path)
	if err != nil {
		return wit_types.Err[uint32](err.Error())
	}
	known = map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			known[strings.ToLower(word)] = true
		}
	}
	return wit_types.Ok[uint32, string](uint32(len(known)))
}

// DefaultPath is the value of EDITOR_DICTIONARY.
func DefaultPath() wit_types.Option[string] {
	if path, ok := os.LookupEnv("EDITOR_DICTIONARY"); ok {
		return wit_types.Some(path)
	}
	return wit_types.None[string]()
}

// UnknownWords finds the words of text that the dictionary lacks.
func UnknownWords(text string) []wit_types.Tuple2[uint32, string] {
	memory.Collect()
	unknown := []wit_types.Tuple2[uint32, string]{}
	if len(known) == 0 {
		return unknown
	}
	for _, token := range outline.Tokenize(text) {
		word := text[token.Start:][:token.Length]
		if token.Kind.Tag() == demo_editor_types.TokenKind_Word && !known[strings.ToLower(word)] {
			unknown = append(unknown, wit_types.Tuple2[uint32, string]{F0: token.Start, F1: word})
		}
	}
	return unknown
}
