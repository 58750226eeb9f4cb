import DeviceCore

func instant_comparedAcrossTheWrap_knowsWhatIsLater(_ check: inout Checker) {
  let before = Instant(rawValue: 0xffff_ff00)
  let after = before + Milliseconds(0x200)
  check.expect(after.rawValue == 0x100)
  check.expect(before.isReached(at: after) && !after.isReached(at: before))
  check.expect(before.isReached(at: before) && before.isBefore(after) && !after.isBefore(before))
  check.expect(after.since(before) == Milliseconds(0x200))
  check.expect(before.since(after) == Milliseconds(0), "negative time")
  check.expect(!before.isBefore(before))
  // The farthest that can be told apart.
  let far = before + Milliseconds(0x7fff_ffff)
  check.expect(before.isReached(at: far) && before.isBefore(far))
  check.expect(far.since(before) == Milliseconds(0x7fff_ffff))
}

func milliseconds_fromSeconds_stayWithinTheirRange(_ check: inout Checker) {
  check.expect(Milliseconds.seconds(0).rawValue == 0)
  check.expect(Milliseconds.seconds(30).rawValue == 30_000)
  check.expect(Milliseconds.seconds(2_147_482).rawValue == 2_147_482_000)
  check.expect(Milliseconds.seconds(2_147_483).rawValue == 0x7fff_ffff)
  check.expect(Milliseconds.seconds(.max).rawValue == 0x7fff_ffff)
  check.expect(Milliseconds(1) < Milliseconds(2) && !(Milliseconds(2) < Milliseconds(2)))
}

/// Each timer of a connection that is started at `now`, to its end.
@inline(never)
private func expectTimers(_ check: inout Checker, startingAt now: UInt32) {
  let start = Instant(rawValue: now)
  var silent = TestEnd(peerCSM: "", at: start)
  silent.run()
  silent.output.removeAll()
  silent.wait(29_998)
  check.expect(silent.output.isEmpty && silent.tally.closed == 0, "too early")
  // A deadline that falls on the number that stands for none comes a millisecond later.
  silent.wait(3)
  check.expectAbort(&silent, .capabilitiesMissing)

  var asking = TestEnd(.initiator, at: start)
  check.expect(asking.ask(timeout: Milliseconds(500)) == nil)
  check.expect(asking.ask(timeout: Milliseconds(400)) == nil)
  asking.run()
  asking.output.removeAll()
  check.expect(asking.connection.deadline == start + Milliseconds(400) || now == 0xffff_fe70)
  asking.wait(399)
  check.expect(asking.tally.failures == 0, "too early")
  asking.wait(2)
  check.expect(asking.tally.failures == 1 && asking.tally.lastFailure == .timedOut)
  asking.wait(98)
  check.expect(asking.tally.failures == 1, "too early")
  asking.wait(2)
  check.expect(asking.tally.failures == 2)
  check.expectOpen(&asking)
}

func timers_anywhereOnTheClock_runTheirTime(_ check: inout Checker) {
  expectTimers(&check, startingAt: 0)
  expectTimers(&check, startingAt: 1)
  expectTimers(&check, startingAt: 0x7fff_ff00)
  expectTimers(&check, startingAt: 0x8000_0000)
  expectTimers(&check, startingAt: 0xffff_ff00)
  // The deadlines of these fall on zero: 400 ms, 30 s.
  expectTimers(&check, startingAt: 0xffff_fe70)
  expectTimers(&check, startingAt: 0xffff_8ad0)
}

func timers_setToZero_neverRun(_ check: inout Checker) {
  var limits = Limits()
  limits.capabilitiesTimeout = Milliseconds(0)
  limits.requestTimeout = Milliseconds(0)
  limits.messageTimeout = Milliseconds(0)
  limits.pingTimeout = Milliseconds(0)
  limits.stallTimeout = Milliseconds(0)
  var end = TestEnd(.initiator, limits: limits, peerCSM: "")
  check.expect(end.ask() == nil && end.ping() == nil)
  check.expect(end.connection.deadline == nil)
  end.run()
  end.feed("00e1 d0")
  end.output.removeAll()
  check.expect(end.connection.deadline == nil)
  end.wait(0x7fff_ffff)
  check.expect(end.tally.failures == 0 && end.tally.closed == 0 && end.output.isEmpty)
}
