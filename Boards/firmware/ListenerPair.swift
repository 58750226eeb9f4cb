import Port

/// One or two listeners as one; each gets its turn.
struct ListenerPair<Member: Listener>: Listener {
  private var first: Member
  private var second: Member?
  private var isSecondNext = false

  init(_ first: Member, _ second: Member?) {
    self.first = first
    self.second = second
  }

  mutating func accept() -> Member.Stream? {
    isSecondNext.toggle()
    if isSecondNext { return second?.accept() ?? first.accept() }
    return first.accept() ?? second?.accept()
  }
}
