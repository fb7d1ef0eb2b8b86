(module
  (memory (export "memory") 1)
  ;; x, y, direction, command: case and payload. The result: x at 0, y at 4, direction at 8.
  (func (export "demo:robot/moves@0.1.0#obey")
    (param $x i32) (param $y i32) (param $towards i32) (param $case i32) (param $payload i32) (result i32)
    (if (i32.eqz (local.get $case)) (then (local.set $towards (local.get $payload))))
    (if (i32.eq (local.get $case) (i32.const 1)) (then
      (if (i32.eq (local.get $towards) (i32.const 0))
        (then (local.set $y (i32.add (local.get $y) (local.get $payload)))))
      (if (i32.eq (local.get $towards) (i32.const 1))
        (then (local.set $x (i32.add (local.get $x) (local.get $payload)))))
      (if (i32.eq (local.get $towards) (i32.const 2))
        (then (local.set $y (i32.sub (local.get $y) (local.get $payload)))))
      (if (i32.eq (local.get $towards) (i32.const 3))
        (then (local.set $x (i32.sub (local.get $x) (local.get $payload)))))))
    (i32.store (i32.const 0) (local.get $x))
    (i32.store (i32.const 4) (local.get $y))
    (i32.store8 (i32.const 8) (local.get $towards))
    (i32.const 0)))
