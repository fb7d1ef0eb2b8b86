//! The application's own types cross the boundary: a derive, no generated types. `cargo run -p plugbay --example own_types`

use plugbay::{ComponentType, Host, Lift, Lower};

const ROBOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/robot.wasm");

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(enum)]
enum Direction {
    North,
    East,
    South,
    West,
}

#[derive(Debug, ComponentType, Lower)]
#[component(variant)]
enum Command {
    TurnTo(Direction),
    Forward(u32),
    Beep,
}

fn main() -> plugbay::Result<()> {
    let mut robot = Host::new()?.load(ROBOT)?;

    // The types are compared once, here; a call then writes fields to where the plugin reads them.
    let obey = robot.typed::<(Point, Direction, &Command), (Point, Direction)>("demo:robot/moves#obey")?;
    let (mut at, mut towards) = (Point { x: 0, y: 0 }, Direction::North);
    for command in [Command::Forward(3), Command::TurnTo(Direction::East), Command::Beep, Command::Forward(2)]
    {
        (at, towards) = robot.call_typed("obey", &obey, (at, towards, &command))?;
        println!("{command:?}: {at:?} {towards:?}");
    }
    Ok(())
}
