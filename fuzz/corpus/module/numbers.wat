(module
  (func (export "integers") (param i32 i64) (result i64)
    (i64.add
      (i64.rotl (i64.div_s (local.get 1) (i64.const -1)) (i64.popcnt (local.get 1)))
      (i64.extend_i32_u (i32.rem_u (i32.clz (local.get 0)) (i32.or (local.get 0) (i32.const 1))))))
  (func (export "floats") (param f32 f64) (result f64)
    (f64.copysign
      (f64.add (f64.sqrt (local.get 1)) (f64.promote_f32 (f32.nearest (local.get 0))))
      (f64.convert_i64_u (i64.trunc_sat_f64_s (f64.min (local.get 1) (f64.const nan))))))
  (func (export "traps") (param f32) (result i32) (i32.trunc_f32_u (local.get 0)))
  (func (export "wide") (param i64 i64) (result i64 i64)
    (i64.mul_wide_s (local.get 0) (local.get 1)))
  (func (export "select") (param i32 f32) (result f32)
    (select (local.get 1) (f32.reinterpret_i32 (local.get 0)) (i32.extend8_s (local.get 0)))))
