(module
  (import "demo:shop/shelf@0.1.0" "[method]item.price" (func $price (param i32) (result i32)))
  (import "demo:shop/shelf@0.1.0" "[resource-drop]item" (func $drop (param i32)))
  (import "[export]demo:shop/till@0.1.0" "[resource-new]basket" (func $new (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 16))
  ;; A basket is a word of memory: the sum.
  (func (export "demo:shop/till@0.1.0#[constructor]basket") (result i32)
    (global.set $next (i32.add (global.get $next) (i32.const 4)))
    (call $new (global.get $next)))
  (func (export "demo:shop/till@0.1.0#[method]basket.add") (param $basket i32) (param $item i32) (result i32)
    (i32.store (local.get $basket) (i32.add (i32.load (local.get $basket)) (call $price (local.get $item))))
    ;; What is only lent must be given back before the call ends.
    (call $drop (local.get $item))
    (i32.load (local.get $basket)))
  (func (export "demo:shop/till@0.1.0#[dtor]basket") (param i32)))
