// Package memory decides when garbage is collected.
//
// The host calls cabi_realloc to pass strings in, and while that runs the component must not call out. Go's collector reads
// the clock, which is such a call, so it must never start there by itself: it is switched off, and exported functions ask
// for it where calling out is allowed. (The bindings stop the monotonic clock in cabi_realloc for the same reason, but the
// collector also reads the time of day.)
package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// enough is how many bytes are allocated between collections.
const enough = 16 << 20

var (
	allocated = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	collected uint64
)

func init() {
	debug.SetGCPercent(-1)
}

// Collect collects garbage if there may be enough of it. Exported functions that allocate call it first.
func Collect() {
	metrics.Read(allocated)
	if now := allocated[0].Value.Uint64(); now-collected > enough {
		collected = now
		runtime.GC()
	}
}
