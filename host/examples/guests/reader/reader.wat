;; What a compiler makes of `notes::size(name)`: the name is passed on.
(module
  (import "demo:notes/notes@0.1.0" "size" (func $size (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3))))
  (func (export "measure") (param $name i32) (param $length i32) (result i32)
    (call $size (local.get $name) (local.get $length))))
