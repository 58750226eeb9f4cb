// Answers that are whole with one call.
extension Response {
  /// 2.05 with a payload.
  public mutating func content(_ format: ContentFormat, _ payload: Span<UInt8>) {
    begin(.content, format)
    append(payload)
  }

  /// 2.05 with a text.
  public mutating func content(_ format: ContentFormat, _ text: StaticString) {
    content(format, text.bytes)
  }

  /// 2.04 without a payload.
  public mutating func changed() {
    begin(.changed)
  }

  /// 2.02.
  public mutating func deleted() {
    begin(.deleted)
  }

  /// 2.01 without a location.
  public mutating func created() {
    begin(.created)
  }

  /// Any answer of class 4 or 5 with its diagnostic text.
  public mutating func refuse(_ refusal: Refusal) {
    guard let seconds = refusal.retryAfterSeconds else {
      return refuse(refusal.code, refusal.diagnostic)
    }
    begin(refusal.code)
    append(.maxAge, uint: seconds)
    append(refusal.diagnostic.bytes)
  }

  @inline(never)
  mutating func refuse(_ code: Code, _ diagnostic: StaticString) {
    begin(code)
    append(diagnostic.bytes)
  }
}
