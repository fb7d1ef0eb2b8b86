//! A plugin that uses sockets as it is told, by number: the guest of the tests about networks.

use plugbay::{Config, Grants, Host, Limits, Plugin, Source, TrapStyle};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What the plugin imports of WASI, and what it exports. A function returns the number of the error code it was given, or
/// [`FINE`].
const WIT: &str = r#"
package test:net;

package wasi:io@0.2.12 {
  interface error { resource error; }
  interface poll { resource pollable { block: func(); } }
  interface streams {
    use error.{error};
    variant stream-error { last-operation-failed(error), closed }
    resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
    resource output-stream;
  }
}

package wasi:sockets@0.2.12 {
  interface network {
    resource network;
    enum error-code {
      unknown, access-denied, not-supported, invalid-argument, out-of-memory, timeout, concurrency-conflict,
      not-in-progress, would-block, invalid-state, new-socket-limit, address-not-bindable, address-in-use,
      remote-unreachable, connection-refused, connection-reset, connection-aborted, datagram-too-large,
      name-unresolvable, temporary-resolver-failure, permanent-resolver-failure,
    }
    enum ip-address-family { ipv4, ipv6 }
    type ipv4-address = tuple<u8, u8, u8, u8>;
    type ipv6-address = tuple<u16, u16, u16, u16, u16, u16, u16, u16>;
    record ipv4-socket-address { port: u16, address: ipv4-address }
    record ipv6-socket-address { port: u16, flow-info: u32, address: ipv6-address, scope-id: u32 }
    variant ip-socket-address { ipv4(ipv4-socket-address), ipv6(ipv6-socket-address) }
  }
  interface instance-network {
    use network.{network};
    instance-network: func() -> network;
  }
  interface ip-name-lookup {
    use network.{network, error-code};
    resource resolve-address-stream;
    resolve-addresses: func(network: borrow<network>, name: string) -> result<resolve-address-stream, error-code>;
  }
  interface tcp {
    use wasi:io/streams@0.2.12.{input-stream, output-stream};
    use wasi:io/poll@0.2.12.{pollable};
    use network.{network, error-code, ip-socket-address};
    resource tcp-socket {
      start-bind: func(network: borrow<network>, local-address: ip-socket-address) -> result<_, error-code>;
      finish-bind: func() -> result<_, error-code>;
      start-connect: func(network: borrow<network>, remote-address: ip-socket-address) -> result<_, error-code>;
      finish-connect: func() -> result<tuple<input-stream, output-stream>, error-code>;
      start-listen: func() -> result<_, error-code>;
      finish-listen: func() -> result<_, error-code>;
      subscribe: func() -> pollable;
    }
  }
  interface tcp-create-socket {
    use network.{error-code, ip-address-family};
    use tcp.{tcp-socket};
    create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
  }
  interface udp {
    use network.{network, error-code, ip-socket-address};
    record outgoing-datagram { data: list<u8>, remote-address: option<ip-socket-address> }
    resource udp-socket {
      start-bind: func(network: borrow<network>, local-address: ip-socket-address) -> result<_, error-code>;
      finish-bind: func() -> result<_, error-code>;
      %stream: func(remote-address: option<ip-socket-address>)
        -> result<tuple<incoming-datagram-stream, outgoing-datagram-stream>, error-code>;
    }
    resource incoming-datagram-stream;
    resource outgoing-datagram-stream {
      check-send: func() -> result<u64, error-code>;
      send: func(datagrams: list<outgoing-datagram>) -> result<u64, error-code>;
    }
  }
  interface udp-create-socket {
    use network.{error-code, ip-address-family};
    use udp.{udp-socket};
    create-udp-socket: func(address-family: ip-address-family) -> result<udp-socket, error-code>;
  }
}

world net {
  import wasi:sockets/instance-network@0.2.12;
  import wasi:sockets/ip-name-lookup@0.2.12;
  import wasi:sockets/tcp@0.2.12;
  import wasi:sockets/tcp-create-socket@0.2.12;
  import wasi:sockets/udp@0.2.12;
  import wasi:sockets/udp-create-socket@0.2.12;
  import wasi:io/poll@0.2.12;
  import wasi:io/streams@0.2.12;
  export connect: func(a: u8, b: u8, c: u8, d: u8, port: u16) -> u32;
  export connect-six: func(a: u16, b: u16, c: u16, d: u16, e: u16, f: u16, g: u16, h: u16, port: u16) -> u32;
  export read: func(port: u16) -> u32;
  export listen: func() -> u32;
  export resolve: func(name: string) -> u32;
  export udp-stream: func(port: u16) -> u32;
  export udp-send: func(a: u8, b: u8, c: u8, d: u8, port: u16) -> u32;
}
"#;

/// The core of it. Results land at 16 (tag) and 20 (payload); a datagram is put together at 256.
const CORE: &str = r#"
(module
  (import "wasi:sockets/instance-network@0.2.12" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.12" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.12" "create-tcp-socket" (func $create-tcp (param i32 i32)))
  (import "wasi:sockets/udp-create-socket@0.2.12" "create-udp-socket" (func $create-udp (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-connect" (func $start-connect
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.finish-connect" (func $finish-connect (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-bind" (func $tcp-bind
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.finish-bind" (func $tcp-bound (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.start-listen" (func $start-listen (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.finish-listen" (func $finish-listen (param i32 i32)))
  (import "wasi:sockets/tcp@0.2.12" "[method]tcp-socket.subscribe" (func $subscribe (param i32) (result i32)))
  (import "wasi:sockets/udp@0.2.12" "[method]udp-socket.start-bind" (func $udp-bind
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/udp@0.2.12" "[method]udp-socket.finish-bind" (func $udp-bound (param i32 i32)))
  (import "wasi:sockets/udp@0.2.12" "[method]udp-socket.stream" (func $stream
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/udp@0.2.12" "[method]outgoing-datagram-stream.check-send" (func $check-send (param i32 i32)))
  (import "wasi:sockets/udp@0.2.12" "[method]outgoing-datagram-stream.send" (func $send (param i32 i32 i32 i32)))
  (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func $block (param i32)))
  (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (memory (export "memory") 8)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16)))))

  ;; The error code of the last result, or 99; leaves the caller's label when there is one.
  (func $code (result i32)
    (if (result i32) (i32.load8_u (i32.const 16))
      (then (i32.load8_u (i32.const 20)))
      (else (i32.const 99))))
  (func $unit-code (result i32)
    (if (result i32) (i32.load8_u (i32.const 16))
      (then (i32.load8_u (i32.const 17)))
      (else (i32.const 99))))
  (func $tcp (param $family i32) (result i32)
    (call $create-tcp (local.get $family) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then unreachable))
    (i32.load (i32.const 20)))
  (func $connect-four (param $socket i32) (param i32 i32 i32 i32 i32) (result i32)
    (call $start-connect (local.get $socket) (call $network) (i32.const 0)
      (local.get 5) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (call $unit-code))

  (func (export "connect") (param i32 i32 i32 i32 i32) (result i32)
    (call $connect-four (call $tcp (i32.const 0))
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "connect-six") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $start-connect (call $tcp (i32.const 1)) (call $network) (i32.const 1)
      (local.get 8) (i32.const 0)
      (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
      (i32.const 0) (i32.const 16))
    (call $unit-code))
  (func (export "read") (param $port i32) (result i32)
    (local $socket i32)
    (local.set $socket (call $tcp (i32.const 0)))
    (if (i32.ne (call $connect-four (local.get $socket) (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
      (local.get $port)) (i32.const 99)) (then unreachable))
    (call $block (call $subscribe (local.get $socket)))
    (call $finish-connect (local.get $socket) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (return (call $code))))
    (call $read (i32.load (i32.const 20)) (i64.const 1) (i32.const 32))
    (i32.const 99))
  (func (export "listen") (result i32)
    (local $socket i32)
    (local.set $socket (call $tcp (i32.const 0)))
    (call $tcp-bind (local.get $socket) (call $network) (i32.const 0)
      (i32.const 0) (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (return (call $unit-code))))
    (call $tcp-bound (local.get $socket) (i32.const 16))
    (call $start-listen (local.get $socket) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then (return (call $unit-code))))
    (call $finish-listen (local.get $socket) (i32.const 16))
    ;; Nobody comes.
    (call $block (call $subscribe (local.get $socket)))
    (i32.const 99))
  (func (export "resolve") (param i32 i32) (result i32)
    (call $resolve (call $network) (local.get 0) (local.get 1) (i32.const 16))
    (call $code))

  (func $udp (result i32)
    (local $socket i32)
    (call $create-udp (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then unreachable))
    (local.set $socket (i32.load (i32.const 20)))
    (call $udp-bind (local.get $socket) (call $network) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then unreachable))
    (call $udp-bound (local.get $socket) (i32.const 16))
    (local.get $socket))
  (func (export "udp-stream") (param $port i32) (result i32)
    (call $stream (call $udp) (i32.const 1) (i32.const 0)
      (local.get $port) (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (call $code))
  (func (export "udp-send") (param i32 i32 i32 i32 i32) (result i32)
    (local $outgoing i32)
    (call $stream (call $udp) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 16))
    (if (i32.load8_u (i32.const 16)) (then unreachable))
    (local.set $outgoing (i32.load (i32.const 24)))
    (call $check-send (local.get $outgoing) (i32.const 16))
    ;; data: five bytes at 0; remote-address: some, of IPv4.
    (i32.store (i32.const 256) (i32.const 0))
    (i32.store (i32.const 260) (i32.const 5))
    (i32.store8 (i32.const 264) (i32.const 1))
    (i32.store8 (i32.const 268) (i32.const 0))
    (i32.store16 (i32.const 272) (local.get 4))
    (i32.store8 (i32.const 274) (local.get 0))
    (i32.store8 (i32.const 275) (local.get 1))
    (i32.store8 (i32.const 276) (local.get 2))
    (i32.store8 (i32.const 277) (local.get 3))
    (call $send (local.get $outgoing) (i32.const 256) (i32.const 1) (i32.const 16))
    (if (result i32) (i32.load8_u (i32.const 16))
      (then (i32.load8_u (i32.const 24)))
      (else (i32.const 99)))))
"#;

/// The function got no error.
pub(crate) const FINE: u32 = 99;
/// The numbers of error codes.
pub(crate) const ACCESS_DENIED: u32 = 1;
pub(crate) const INVALID_ARGUMENT: u32 = 3;

fn component() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("net.wit", WIT).unwrap();
    let world = resolve.packages[package].worlds["net"];
    let mut module = wat::parse_str(CORE).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// A live one that was granted this.
pub(crate) fn plugin(style: TrapStyle, grants: &Grants, limits: Limits) -> Plugin<()> {
    let host = Host::builder().engine(Config::new().with_trap_style(style)).limits(limits).build().unwrap();
    plugin_of(&host, grants)
}

/// A live one at this host.
pub(crate) fn plugin_of(host: &Host, grants: &Grants) -> Plugin<()> {
    let compiled = host.compile(Source::bytes("net", component())).unwrap();
    compiled.link(grants).unwrap().instantiate(()).unwrap()
}
