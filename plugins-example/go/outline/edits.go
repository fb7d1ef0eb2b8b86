package outline

import (
	"fmt"
	"strconv"
	"strings"

	"wit_component/demo_editor_config"
	"wit_component/demo_editor_types"
)

// Style is what the user may choose.
type Style struct {
	// Numbering is where numbered lists start counting; -1 leaves their numbers alone.
	Numbering int
}

// Configured reads the style: the key `numbering` is `keep` or the number of the first item, which is 1 by default.
func Configured() (Style, error) {
	switch value := demo_editor_config.Get("numbering").SomeOr("1"); value {
	case "keep":
		return Style{Numbering: -1}, nil
	default:
		first, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return Style{}, fmt.Errorf("`numbering` is %q; it may be keep or a number", value)
		}
		return Style{Numbering: int(first)}, nil
	}
}

// Propose makes the edits that text needs: a space between the # of a heading and its words, no # at its end, and numbered
// lists that count.
func Propose(text string, style Style) []demo_editor_types.Edit {
	edits := []demo_editor_types.Edit{}
	// next has the number that the next item of a list gets, by the indent of the list.
	next := map[int]int{}
	for _, line := range lines(text) {
		if level, ok := line.heading(); ok {
			edits = append(edits, headingEdits(line, level)...)
		}
		indent, length, numbered, ok := line.item()
		for list := range next {
			if strings.TrimSpace(line.text) != "" && (list > indent || !ok || list == indent && !numbered) {
				delete(next, list)
			}
		}
		if !numbered || style.Numbering < 0 {
			continue
		}
		number, counting := next[indent]
		if !counting {
			number = style.Numbering
		}
		next[indent] = number + 1
		digits := line.text[indent : indent+length-1]
		if want := strconv.Itoa(number); digits != want {
			span := demo_editor_types.Span{Start: uint32(line.start + indent), Length: uint32(len(digits))}
			edits = append(edits, demo_editor_types.MakeEditReplace(
				demo_editor_types.Replacement{Span: span, Text: want}))
		}
	}
	return edits
}

// headingEdits repairs a heading of the given level.
func headingEdits(line line, level int) (edits []demo_editor_types.Edit) {
	if line.text[level] != ' ' {
		at := uint32(line.start + level)
		edits = append(edits, demo_editor_types.MakeEditInsert(demo_editor_types.Insertion{At: at, Text: " "}))
	}
	kept := strings.TrimRight(line.text, " ")
	if bare := strings.TrimRight(kept, "#"); len(bare) > level && strings.HasSuffix(bare, " ") {
		kept = strings.TrimRight(bare, " ")
	}
	if surplus := len(line.text) - len(kept); surplus > 0 && len(kept) > level {
		span := demo_editor_types.Span{Start: uint32(line.start + len(kept)), Length: uint32(surplus)}
		edits = append(edits, demo_editor_types.MakeEditDelete(span))
	}
	return edits
}
