// Package export_demo_editor_mischief goes wrong on request.
package export_demo_editor_mischief

import "wit_component/demo_editor_mischief"

// goOn is a variable so that the compiler does not know what it holds.
var goOn = true

// kept keeps memory from being collected.
var kept [][]byte

// Commit goes wrong as kind says. A Go program that panics, or finds no more memory, writes why and where to standard
// error and then traps.
func Commit(kind demo_editor_mischief.Kind) uint64 {
	var count uint64
	switch kind {
	case demo_editor_mischief.Kind_LoopForever:
		for goOn {
			count++
		}
	case demo_editor_mischief.Kind_Trap:
		panic("asked to panic")
	case demo_editor_mischief.Kind_RecurseForever:
		count = recurse(1)
	case demo_editor_mischief.Kind_AllocateForever:
		for goOn {
			kept = append(kept, make([]byte, 1<<20))
			count++
		}
	}
	return count
}

func recurse(depth uint64) uint64 {
	if !goOn {
		return 0
	}
	return recurse(depth+1)*3 + depth
}
