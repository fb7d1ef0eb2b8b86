//! Types of the application's own that have another layout than those of the WIT: known to the compiler only.

use plugbay::ComponentType;

#[derive(ComponentType)]
#[wit("demo:echo/values.point", path = "tests/wit/echo.wit")]
pub struct Point {
    pub x: Coordinate,
    pub y: Number,
}

pub type Coordinate = i32;

#[derive(ComponentType)]
pub struct Number(u64);

#[derive(ComponentType)]
#[wit("demo:echo/values.point", path = "tests/wit/echo.wit")]
pub struct Place(Number);
