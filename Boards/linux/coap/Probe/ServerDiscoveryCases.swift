import DeviceCore

/// Queries of /.well-known/core (RFC 6690 section 4.1). Who filters nothing ignores them, and that conforms.
let discoveryCases: [ProbeCase] = [
  filtered(
    "filter-prefix", ["LF-03"], "GET of /.well-known/core with href=/ and the beginning of a path, and *",
    "A * at the end stands for any rest."
  ) { links in
    guard let one = links.first(where: { $0.target.hasPrefix("/") && $0.target.utf8.count > 2 }) else {
      return nil
    }
    let prefix = String(one.target.prefix(one.target.count - 1))
    return ("href=\(prefix)*", { $0.target.hasPrefix(prefix) })
  },
  filtered(
    "filter-word", ["LF-04"], "GET of /.well-known/core with one word of an attribute that has several",
    "Of rt, if and rel each word is compared."
  ) { links in
    for name in ["rt", "if", "rel"] {
      for one in links {
        let words = one.words(name)
        if words.count > 1, let last = words.last {
          return ("\(name)=\(last)", { $0.words(name).contains(last) })
        }
      }
    }
    return nil
  },
  ProbeCase(
    "filter-unknown", ["LF-05"], sends: "GET of /.well-known/core with the query probe=7f3a",
    rule: "Who filters shows no link, who does not shows all.", "RFC 6690, 4.1"
  ) { link, subject in
    guard !subject.links.isEmpty else { return .skipped("it lists nothing") }
    _ = link.begin()
    link.send(request(".well-known/core", [(15, Array("probe=7f3a".utf8))]))
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    if answer.code == .notFound { return .conforms("4.04: none") }
    guard answer.code == .content else { return .violates(answer.code.dotted) }
    let shown = LinkFormat(answer.payload).links.count
    return shown == 0 || shown == subject.links.count
      ? .conforms("\(shown) links") : .violates("\(shown) links")
  },
]

extension Link {
  /// The words of an attribute.
  fileprivate func words(_ name: String) -> [String] {
    attributes.first { $0.name == name }?.value?.split(separator: " ").map(String.init) ?? []
  }
}

private func filtered(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String,
  _ choose: @escaping @Sendable ([Link]) -> (query: String, fits: (Link) -> Bool)?
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, "RFC 6690, 4.1") { link, subject in
    guard let (query, fits) = choose(subject.links) else {
      return .skipped("it lists nothing to try that with")
    }
    _ = link.begin()
    link.send(request(".well-known/core", [(15, Array(query.utf8))]))
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    guard answer.code == .content else { return .violates("\(answer.code.dotted) for \(query)") }
    let shown = LinkFormat(answer.payload).links
    if shown.count == subject.links.count && !subject.links.allSatisfy(fits) {
      return .conforms("all links: it filters nothing")
    }
    if let other = shown.first(where: { !fits($0) }) { return .violates("\(other.target) for \(query)") }
    return shown.isEmpty ? .violates("no link for \(query)") : .conforms("\(shown.count) links for \(query)")
  }
}
