(component
  (component $inner
    (import "f" (func $f (param "x" u32) (result u32)))
    (core func $low (canon lower (func $f)))
    (core module $m (import "" "f" (func $f (param i32) (result i32)))
      (func (export "g") (param i32) (result i32) (call $f (i32.add (local.get 0) (i32.const 1)))))
    (core instance $i (instantiate $m (with "" (instance (export "f" (func $low))))))
    (func (export "g") (param "x" u32) (result u32) (canon lift (core func $i "g"))))
  (component $leaf
    (core module $m (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $l (instantiate $leaf))
  (instance $n (instantiate $inner (with "f" (func $l "f"))))
  (export "api:x/y@0.1.0" (instance $n)))
