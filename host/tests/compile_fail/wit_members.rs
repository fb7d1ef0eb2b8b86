//! Fields and cases that are not those of the WIT.

use plugbay::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower)]
#[wit("demo:echo/values.point", path = "tests/wit/echo.wit")]
pub struct Point {
    pub x: i64,
    pub z: i32,
}

#[derive(ComponentType, Lift, Lower)]
#[wit("demo:echo/values.shape", path = "tests/wit/echo.wit")]
pub enum Shape {
    Name(String),
    Dot(Point),
    Ratio(f64),
}

#[derive(ComponentType)]
#[wit("demo:echo/values.style", path = "tests/wit/echo.wit")]
pub struct Style {
    pub bold: bool,
}
