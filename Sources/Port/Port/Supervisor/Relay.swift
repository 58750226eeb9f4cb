import DeviceCore

/// Hands the events of an endpoint to a link, and its requests to who answers them.
///
/// Lives as long as one pump, in which both pointers are valid and nobody else uses what they point to.
@safe
struct Relay<
  Delegate: SupervisorDelegate & ~Copyable, Handler: RequestHandler & ~Copyable
>: EndpointDelegate {
  private let link: UnsafeMutablePointer<SupervisorLink<Delegate>>
  private let handler: UnsafeMutablePointer<Handler>

  @unsafe
  init(_ link: UnsafeMutablePointer<SupervisorLink<Delegate>>, _ handler: UnsafeMutablePointer<Handler>) {
    unsafe self.link = link
    unsafe self.handler = handler
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    guard unsafe link.pointee.handle(event, on: &connection, at: now) else { return }
    unsafe connection.serve(&handler.pointee, at: now)
  }
}
