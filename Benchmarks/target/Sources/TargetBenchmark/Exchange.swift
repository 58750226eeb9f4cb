import CHarness
import DeviceCore

/// A row of the table: something that happens over and over on an open connection.
///
/// For one more row: a type that conforms, and its name in `main.swift`.
protocol Exchange: ~Copyable {
  /// What the table calls it, without blanks.
  var name: StaticString { get }

  /// What comes before all of them and is not counted, as a registration.
  mutating func prepare(_ connection: inout Connection, at now: Instant)

  /// Once, up to the bytes that are to be sent: ``Connection/pendingOutput``. All of it is counted.
  mutating func run(_ connection: inout Connection, at now: Instant)

  /// Whether these bytes, which were to be sent, are right.
  func isRight(_ output: Span<UInt8>) -> Bool
}

extension Exchange where Self: ~Copyable {
  mutating func prepare(_ connection: inout Connection, at now: Instant) {}
}

/// The bytes of a GET in, those of its 2.05 out, by way of a resource.
struct GetExchange<Table: ResourceTable & ~Copyable>: ~Copyable, Exchange {
  var resources: Resources<Table>

  var name: StaticString { "GET" }

  mutating func run(_ connection: inout Connection, at now: Instant) {
    _ = connection.receive(Input.get, at: now)
    while let event = connection.poll(at: now) {
      if event == .request { connection.serve(&resources, at: now) }
    }
  }

  func isRight(_ output: Span<UInt8>) -> Bool { output.isEqual(to: Input.content) }
}

/// The bytes of a Ping in, those of its Pong out.
struct PingExchange: Exchange {
  private let ping: InlineArray<2, UInt8> = [0x00, 0xe2]
  private let pong: InlineArray<2, UInt8> = [0x00, 0xe3]

  var name: StaticString { "Ping" }

  mutating func run(_ connection: inout Connection, at now: Instant) {
    _ = connection.receive(ping.span, at: now)
    while connection.poll(at: now) != nil {}
  }

  func isRight(_ output: Span<UInt8>) -> Bool { output.isEqual(to: pong.span) }
}

/// A state that has changed, to the notification that tells its observer: its 64 bytes are asked for again.
struct NotificationExchange: ~Copyable, Exchange {
  private typealias Table = ResourcePair<
    ResourcePair<SingleResource<Humidity>, SingleResource<Observed>>, SingleResource<Lamp>
  >
  private var resources: Resources<Table> = Resources {
    Humidity()
    Observed()
    Lamp()
  }
  /// GET with Observe 0 for `t`, and the token 7a.
  private let registration: InlineArray<6, UInt8> = [0x31, 0x01, 0x7a, 0x60, 0x51, 0x74]

  var name: StaticString { "Notification" }

  mutating func prepare(_ connection: inout Connection, at now: Instant) {
    _ = connection.receive(registration.span, at: now)
    while let event = connection.poll(at: now) {
      if event == .request { connection.serve(&resources, at: now) }
    }
    // The numbers of notifications have two bytes from the 256th on, and so has every one that is counted.
    for _ in 0..<300 {
      let count = connection.pendingOutput.count
      connection.didSend(count, at: now)
      run(&connection, at: now)
    }
  }

  mutating func run(_ connection: inout Connection, at now: Instant) {
    resources.table.first.second.resource.value &+= 1
    connection.serveObservers(&resources, at: now)
  }

  func isRight(_ output: Span<UInt8>) -> Bool {
    // Observe has two bytes, Content-Format one.
    output.count == 74 && output[2] == 0x45 && output[3] == 0x7a && output[4] == 0x62
      && output.extracting(last: 64).isEqual(to: Input.payload)
  }
}
