(module
  (import "demo:evolve/judge@1.0.0" "rate" (func $rate (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A token: a space at 7.
  (data (i32.const 16) "\01\00\00\00\07\00\00\00")
  ;; The result ok(some(insert(a word at 9))).
  (data (i32.const 32) "\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00\09\00\00\00")
  (func (export "demo:evolve/tools@1.0.0#first") (result i32) (i32.const 16))
  (func (export "demo:evolve/tools@1.0.0#describe") (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (i32.const 100)) (local.get 1)))
  (func (export "demo:evolve/tools@1.0.0#relay") (param i32 i32) (result i32)
    (call $rate (local.get 0) (local.get 1)))
  (func (export "demo:evolve/tools@1.0.0#undo") (result i32) (i32.const 32))
  (func (export "demo:evolve/tools@1.0.0#add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))
