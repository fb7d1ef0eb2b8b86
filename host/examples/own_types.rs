//! The application's own types cross the boundary, and it names the functions that it wants: derives, and nothing
//! generated. `cargo run -p plugbay --example own_types`

use plugbay::{ComponentType, Exports, Func, Grants, Host, Lift, Lower, Source, wave};

const ROBOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/robot.wasm");

// `wit` compares names, order and types of the fields with the WIT when the application is compiled.
#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("demo:robot/moves.point", path = "examples/guests/robot.wit")]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[wit("demo:robot/moves.direction", path = "examples/guests/robot.wit")]
enum Direction {
    North,
    East,
    South,
    West,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[wit("demo:robot/moves.command", path = "examples/guests/robot.wit")]
enum Command {
    TurnTo(Direction),
    Forward(u32),
    Beep,
}

/// What the application wants of a robot, however much more there is.
#[derive(Exports)]
#[exports(interface = "demo:robot/moves")]
struct Moves {
    obey: Func<(Point, Direction, &'static Command), (Point, Direction)>,
    /// Newer robots can; this one cannot.
    dance: Option<Func<(u32,), ()>>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let linked = Host::new()?.compile(Source::file(ROBOT))?.link(&Grants::none())?;
    let mut robot = linked.instantiate(())?;

    // Everything is found and compared once, here; a call then writes fields to where the plugin reads them.
    let moves = Moves::bind(&robot)?;
    let (mut at, mut towards) = (Point { x: 0, y: 0 }, Direction::North);
    for text in ["forward(3)", "turn-to(east)", "beep", "forward(2)"] {
        // The same derives read and write text (WAVE), JSON and dynamic values.
        let command: Command = wave::from_str(text)?;
        (at, towards) = moves.obey.call(&mut robot, (at, towards, &command))?;
        println!("{command:?}: {} {towards:?}", wave::to_string(&at)?);
    }
    println!("it can dance: {}", moves.dance.is_some());
    Ok(())
}
