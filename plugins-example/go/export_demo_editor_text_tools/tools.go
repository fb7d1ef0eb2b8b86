// Package export_demo_editor_text_tools implements the interface text-tools.
package export_demo_editor_text_tools

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"wit_component/demo_editor_buffers"
	"wit_component/demo_editor_logging"
	"wit_component/demo_editor_types"
	"wit_component/memory"
	"wit_component/outline"

	"go.bytecodealliance.org/pkg/wit/types"
)

// mostBytes is the longest buffer this plugin takes.
const mostBytes = 2 << 20

// Tokenize cuts text into tokens.
func Tokenize(text string) []demo_editor_types.Token {
	memory.Collect()
	return outline.Tokenize(text)
}

// CountWords counts lines, words, characters and bytes.
func CountWords(text string) demo_editor_types.WordCount {
	memory.Collect()
	lines := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		lines++
	}
	return demo_editor_types.WordCount{
		Lines:      uint32(lines),
		Words:      uint32(len(strings.Fields(text))),
		Characters: uint32(utf8.RuneCountInString(text)),
		Bytes:      uint32(len(text)),
	}
}

// Propose puts headings and numbered lists of target in order.
func Propose(target *demo_editor_buffers.Buffer) wit_types.Result[[]demo_editor_types.Edit, demo_editor_types.EditError] {
	// A borrowed handle is given back before the function returns.
	defer target.Drop()
	memory.Collect()
	if target.Length() > mostBytes {
		return failed(demo_editor_types.MakeEditErrorTooLarge(mostBytes))
	}
	style, err := outline.Configured()
	if err != nil {
		return failed(demo_editor_types.MakeEditErrorFailed(err.Error()))
	}
	edits := outline.Propose(target.Text(), style)
	first := target.Line(0).SomeOr("")
	message := fmt.Sprintf("%s: %d lines from %q on", target.Name(), target.LineCount(), first)
	demo_editor_logging.Log(demo_editor_logging.Level_Debug, message)
	return wit_types.Ok[[]demo_editor_types.Edit, demo_editor_types.EditError](edits)
}

func failed(err demo_editor_types.EditError) wit_types.Result[[]demo_editor_types.Edit, demo_editor_types.EditError] {
	return wit_types.Err[[]demo_editor_types.Edit](err)
}
