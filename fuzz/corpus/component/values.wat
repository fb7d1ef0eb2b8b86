(component
  (core module $m
    (memory (export "mem") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "text") (result i32) (i32.store (i32.const 8) (i32.const 16)) (i32.store (i32.const 12) (i32.const 3)) (i32.const 8))
    (func (export "number") (result i32) (i32.const 300))
    (func (export "shape") (param i32 i32 f64) (result i32) (local.get 0))
    (data (i32.const 16) "a\c3\a9"))
  (core instance $i (instantiate $m))
  (type $shape (variant (case "dot") (case "circle" f64)))
  (export $shape' "shape" (type $shape))
  (func (export "text") (result string) (canon lift (core func $i "text") (memory (core memory $i "mem"))))
  (func (export "number") (result u8) (canon lift (core func $i "number")))
  (func (export "area") (param "n" u32) (param "of" $shape') (result bool) (canon lift (core func $i "shape"))))
