(module
  (import "demo:db/store@1.0.0" "[constructor]counter" (func $counter (param i32 i32) (result i32)))
  (import "demo:db/store@1.0.0" "[method]counter.next" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "visits")
  (global $visits (mut i32) (i32.const 0))
  (func (export "visit") (result i32)
    (if (i32.eqz (global.get $visits)) (then
      (global.set $visits (call $counter (i32.const 16) (i32.const 6)))))
    (call $next (global.get $visits))))
