;; The guest of the benchmarks. It does next to nothing, so that the time is the host's.
(component
  (import "add" (func $host-add (param "a" u32) (param "b" u32) (result u32)))
  (core module $memory
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 65536))
    ;; A bump allocator; `reset` gives all back.
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at
        (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.xor (i32.sub (local.get $align) (i32.const 1)) (i32.const -1))))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "reset") (global.set $next (i32.const 65536))))
  (core instance $memory (instantiate $memory))
  (core func $lowered-add (canon lower (func $host-add)))
  (core module $main
    (import "memory" "memory" (memory 64))
    (import "memory" "reset" (func $reset))
    (import "host" "add" (func $host-add (param i32 i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "echo") (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16))
    (func (export "echo-done") (param i32) (call $reset))
    ;; A record is 16 bytes: name, its length, a, b.
    (func (export "sum") (param $at i32) (param $count i32) (result i64)
      (local $sum i64)
      (block $done
        (loop $next
          (br_if $done (i32.eqz (local.get $count)))
          (local.set $sum
            (i64.add (local.get $sum)
              (i64.add (i64.load32_u offset=4 (local.get $at))
                (i64.add (i64.load32_u offset=8 (local.get $at)) (i64.load32_u offset=12 (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next)))
      (local.get $sum))
    (func (export "sum-done") (param i64) (call $reset))
    (func (export "call-host") (param $count i32) (result i32)
      (local $sum i32) (local $i i32)
      (block $done
        (loop $next
          (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
          (local.set $sum (call $host-add (local.get $sum) (local.get $i)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
      (local.get $sum)))
  (core instance $main (instantiate $main
    (with "memory" (instance $memory))
    (with "host" (instance (export "add" (func $lowered-add))))))
  (alias core export $memory "memory" (core memory $m))
  (alias core export $memory "realloc" (core func $realloc))
  (type $item' (record (field "name" string) (field "a" u32) (field "b" u32)))
  (export $item "item" (type $item'))
  (func (export "add-numbers") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $main "add")))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $main "echo") (memory (core memory $m)) (realloc (core func $realloc))
      (post-return (core func $main "echo-done"))))
  (func (export "sum") (param "items" (list $item)) (result u64)
    (canon lift (core func $main "sum") (memory (core memory $m)) (realloc (core func $realloc))
      (post-return (core func $main "sum-done"))))
  (func (export "call-host") (param "count" u32) (result u32)
    (canon lift (core func $main "call-host")))
)
