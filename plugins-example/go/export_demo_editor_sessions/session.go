// Package export_demo_editor_sessions implements the interface sessions. The generated half of the package makes handles.
package export_demo_editor_sessions

import (
	"runtime"
	"strings"

	"wit_component/demo_editor_buffers"
	"wit_component/demo_editor_sessions"
	"wit_component/memory"

	"go.bytecodealliance.org/pkg/wit/types"
)

// Session is the guest resource. The generated code wants the fields pinner and handle.
type Session struct {
	pinner runtime.Pinner
	handle int32

	name     string
	appended uint64
	words    uint32
	bytes    uint64
	longest  string
}

// MakeSession is the constructor. An argument's memory is the host's again when the call is over, hence the clone.
func MakeSession(name string) *Session {
	memory.Collect()
	if name == "" {
		if open := demo_editor_buffers.OpenBuffer(); open.IsSome() {
			buffer := open.Some()
			defer buffer.Drop()
			name = buffer.Name()
		}
	}
	return &Session{name: strings.Clone(name)}
}

// Append takes one more text in.
func (s *Session) Append(text string) uint32 {
	memory.Collect()
	s.appended++
	for word := range strings.FieldsSeq(text) {
		s.words++
		s.bytes += uint64(len(word))
		s.noteLongest(word)
	}
	return s.words
}

func (s *Session) noteLongest(word string) {
	if len(word) > len(s.longest) {
		s.longest = strings.Clone(word)
	}
}

// Summary says what the session has seen.
func (s *Session) Summary() demo_editor_sessions.Summary {
	summary := demo_editor_sessions.Summary{Name: s.name, Appended: s.appended, Words: s.words}
	if s.words > 0 {
		summary.AverageLength = float64(s.bytes) / float64(s.words)
		summary.Longest = wit_types.Some(s.longest)
	}
	return summary
}

// SessionMerge makes one session out of two.
func SessionMerge(first, second *Session) *Session {
	merged := &Session{
		name:     first.name,
		appended: first.appended + second.appended,
		words:    first.words + second.words,
		bytes:    first.bytes + second.bytes,
		longest:  first.longest,
	}
	merged.noteLongest(second.longest)
	first.Drop()
	second.Drop()
	return merged
}

// OnDrop is called when the session ends; the collector does the rest.
func (s *Session) OnDrop() {}
