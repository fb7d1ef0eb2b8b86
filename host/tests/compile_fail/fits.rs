//! Compiles, so that what does not compile fails for its own reasons.

#[derive(plugbay::ComponentType, plugbay::Lift, plugbay::Lower)]
#[wit("demo:echo/values.point", path = "tests/wit/echo.wit")]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

#[derive(plugbay::Exports)]
pub struct Wanted<'a> {
    pub measure: plugbay::Func<(&'a str, Point), u32>,
    pub close: Option<plugbay::Func<(), ()>>,
}
