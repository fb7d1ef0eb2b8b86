(module
  (memory 1)
  (func (export "lanes") (param v128 i32) (result v128)
    (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31
      (i32x4.replace_lane 2 (local.get 0) (local.get 1))
      (f32x4.convert_i32x4_u (i16x8.extmul_high_i8x16_s (local.get 0) (v128.const i64x2 1 -1)))))
  (func (export "memory") (param i32) (result v128)
    (v128.store64_lane offset=4 1 (local.get 0) (v128.load32x2_u (local.get 0)))
    (v128.bitselect (v128.load8_splat (local.get 0)) (v128.load (i32.const 65521)) (v128.const i32x4 1 2 3 4)))
  (func (export "relaxed") (param v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (f64x2.ceil (local.get 0))))
  (func (export "tests") (param v128) (result i32)
    (i32.add (i8x16.bitmask (local.get 0)) (i64x2.all_true (i8x16.swizzle (local.get 0) (local.get 0))))))
