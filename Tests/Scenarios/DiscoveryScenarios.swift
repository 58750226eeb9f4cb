import DeviceCore

/// A resource that is nothing but its link.
private struct Linked: Resource {
  let path: StaticString
  let attributes: LinkAttributes
  let isDiscoverable: Bool

  init(
    _ path: StaticString, _ attributes: LinkAttributes = LinkAttributes(),
    isDiscoverable: Bool = true
  ) {
    self.path = path
    self.attributes = attributes
    self.isDiscoverable = isDiscoverable
  }
}

/// What `/.well-known/core` shows of the resources below, in this order.
private struct Links: Equatable {
  var lamp = false
  var log = false
  var root = false

  static var all: Links { Links(lamp: true, log: true, root: true) }
  static var none: Links { Links() }
  static var lamp: Links { Links(lamp: true) }
  static var log: Links { Links(log: true) }
  static var root: Links { Links(root: true) }

  /// Their texts with commas in between.
  func write(to payload: inout ByteStore) {
    if lamp {
      append("</lamp>;rt=\"light color\";if=\"core.a\";title=\"A lamp\";ct=\"0 112\";obs", to: &payload)
    }
    if log { append("</log/old>;rt=\"text\";sz=4096", to: &payload) }
    if root { append("</>", to: &payload) }
  }

  private func append(_ link: StaticString, to payload: inout ByteStore) {
    if !payload.isEmpty { payload.append(0x2c) }
    payload.append(link.bytes)
  }
}

/// Asks for the links with these Uri-Query options, which are written as `a&b`, or with none.
@inline(never)
private func expectLinks(
  _ check: inout Checker, _ query: StaticString?, _ links: Links, line: UInt32 = #line
) {
  var resources = Resources {
    Linked(
      "lamp",
      LinkAttributes(
        resourceType: "light color", interface: "core.a", title: "A lamp", contentFormats: "0 112",
        isObservable: true))
    Linked("secret", LinkAttributes(resourceType: "text"), isDiscoverable: false)
    Linked("log/old", LinkAttributes(resourceType: "text", maximumSize: 4096))
    Linked("")
  }
  var end = TestEnd()
  let input = discoveryRequest(query)
  _ = end.connection.receive(input.bytes, at: end.now)
  while let event = end.connection.poll(at: end.now) {
    end.tally.note(event, on: end.connection)
    end.connection.serve(&resources, at: end.now)
  }
  _ = end.flush()

  var expected = ByteStore(.vector)
  links.write(to: &expected)
  var reader = MessageReader(end.output.bytes)
  if let message = reader.next() {
    check.expect(message.code == .content, "no 2.05", line: line)
    check.expect(message.firstOption(.contentFormat)?.uint == 40, "no link-format", line: line)
    check.expect(message.payload.isEqual(to: expected.bytes), "other links", line: line)
  } else {
    check.fail("no answer", line: line)
  }
  end.output.removeAll()
  check.expectOpen(&end, line: line)
}

/// GET `/.well-known/core` with token 01.
private func discoveryRequest(_ query: StaticString?) -> ByteStore {
  var options = ByteStore(.vector, hex: "bb 2e77656c6c2d6b6e6f776e 04 636f7265")
  if let query {
    let bytes = query.bytes
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index] == 0x26 {
      let length = index - start
      let delta: UInt8 = start == 0 ? 0x40 : 0
      if length < 13 {
        options.append(delta | UInt8(truncatingIfNeeded: length))
      } else {
        options.append(delta | 13)
        options.append(UInt8(truncatingIfNeeded: length - 13))
      }
      options.append(bytes.extracting(start..<index))
      start = index + 1
    }
  }
  var input = ByteStore(.input)
  input.append(0xd1)
  input.append(UInt8(truncatingIfNeeded: options.count - 13))
  input.append(hex: "01 01")
  input.append(options.bytes)
  return input
}

// LF-01
func discovery_withoutQuery_showsAll(_ check: inout Checker) {
  expectLinks(&check, nil, .all)
}

// LF-02 LF-04
func discovery_words_matchOneByOne(_ check: inout Checker) {
  expectLinks(&check, "rt=light", .lamp)
  expectLinks(&check, "rt=color", .lamp)
  expectLinks(&check, "rt=light color", .none)
  expectLinks(&check, "rt=text", .log)
  expectLinks(&check, "if=core.a", .lamp)
  expectLinks(&check, "ct=0", .lamp)
  expectLinks(&check, "ct=112", .lamp)
  expectLinks(&check, "rt=olo", .none)
  expectLinks(&check, "rt=ligh", .none)
  expectLinks(&check, "rt=lights", .none)
  expectLinks(&check, "rt=color light", .none)
  expectLinks(&check, "rt=ht c", .none)
  expectLinks(&check, "ct=11", .none)
  expectLinks(&check, "if=core", .none)
}

// LF-03
func discovery_valueWithStar_matchesWhatBeginsWithIt(_ check: inout Checker) {
  expectLinks(&check, "rt=lig*", .lamp)
  expectLinks(&check, "rt=col*", .lamp)
  expectLinks(&check, "rt=light*", .lamp)
  expectLinks(&check, "rt=light c*", .none)
  expectLinks(&check, "if=core.*", .lamp)
  expectLinks(&check, "ct=11*", .lamp)
  expectLinks(&check, "title=A l*", .lamp)
  expectLinks(&check, "sz=40*", .log)
  expectLinks(&check, "rt=l*t", .none)
  expectLinks(&check, "rt=*light", .none)
  expectLinks(&check, "rt=**", .none)
  expectLinks(&check, "title=lamp*", .none)
  expectLinks(&check, "sz=96*", .none)
}

// LF-03
func discovery_starAlone_matchesWhereTheAttributeIs(_ check: inout Checker) {
  expectLinks(&check, "rt=*", Links(lamp: true, log: true))
  expectLinks(&check, "if=*", .lamp)
  expectLinks(&check, "ct=*", .lamp)
  expectLinks(&check, "title=*", .lamp)
  expectLinks(&check, "sz=*", .log)
  expectLinks(&check, "obs=*", .lamp)
  expectLinks(&check, "href=*", .all)
  expectLinks(&check, "rel=*", .all)
}

// LF-02: a title is one text, obs has no value.
func discovery_otherAttributes_matchAsAWhole(_ check: inout Checker) {
  expectLinks(&check, "title=A lamp", .lamp)
  expectLinks(&check, "title=lamp", .none)
  expectLinks(&check, "sz=4096", .log)
  expectLinks(&check, "sz=0", .none)
  expectLinks(&check, "sz=04096", .none)
  expectLinks(&check, "obs=", .lamp)
  expectLinks(&check, "obs=1", .none)
  expectLinks(&check, "rt=", .none)
  expectLinks(&check, "title=", .none)
  expectLinks(&check, "sz=", .none)
}

// LF-02
func discovery_href_matchesTheTarget(_ check: inout Checker) {
  expectLinks(&check, "href=/lamp", .lamp)
  expectLinks(&check, "href=/log/old", .log)
  expectLinks(&check, "href=/", .root)
  expectLinks(&check, "href=/l*", Links(lamp: true, log: true))
  expectLinks(&check, "href=/*", .all)
  expectLinks(&check, "href=/secret", .none)
  expectLinks(&check, "href=lamp", .none)
  expectLinks(&check, "href=lamp*", .none)
  expectLinks(&check, "href=/lam", .none)
  expectLinks(&check, "href=/lamps", .none)
  expectLinks(&check, "href=//", .none)
  expectLinks(&check, "href=", .none)
}

// LF-04 LF-08: without rel a link says that its target is hosted here.
func discovery_rel_isHosts(_ check: inout Checker) {
  expectLinks(&check, "rel=hosts", .all)
  expectLinks(&check, "rel=host*", .all)
  expectLinks(&check, "rel=next", .none)
  expectLinks(&check, "rev=*", .none)
}

// LF-03: nothing is decoded a second time, case counts.
func discovery_bytes_areCompared(_ check: inout Checker) {
  expectLinks(&check, "rt=Light", .none)
  expectLinks(&check, "RT=light", .none)
  expectLinks(&check, "rt=ligh%74", .none)
  expectLinks(&check, "rt=\"light\"", .none)
  expectLinks(&check, "rt=light=", .none)
}

// LF-09: nobody has it, so nothing matches.
func discovery_nothingMatches_isAnEmptyContent(_ check: inout Checker) {
  expectLinks(&check, "rt=none", .none)
  expectLinks(&check, "foo=bar", .none)
  expectLinks(&check, "foo=*", .none)
  expectLinks(&check, "=*", .none)
  expectLinks(&check, "rt if=*", .none)
  expectLinks(&check, "rtx=*", .none)
  expectLinks(&check, "r=*", .none)
  expectLinks(&check, "anchor=/lamp", .none)
}

// LF-05
func discovery_noFilter_isIgnored(_ check: inout Checker) {
  expectLinks(&check, "", .all)
  expectLinks(&check, "obs", .all)
  expectLinks(&check, "rt", .all)
  expectLinks(&check, "light*", .all)
  expectLinks(&check, "rt=light&if=core.a", .all)
  expectLinks(&check, "rt=none&rt=none", .all)
  expectLinks(&check, "rt=none&", .all)
}
