//! Names that are not in the WIT.

use plugbay::ComponentType;

#[derive(ComponentType)]
#[wit("demo:echo/values.pint", path = "tests/wit/echo.wit")]
pub struct Point {
    pub x: i32,
}

#[derive(ComponentType)]
#[wit("demo:echo/value.point", path = "tests/wit/echo.wit")]
pub struct Place {
    pub x: i32,
}

#[derive(ComponentType)]
#[wit("demo:echo/values.point", path = "tests/wit/nowhere.wit")]
pub struct Spot {
    pub x: i32,
}
