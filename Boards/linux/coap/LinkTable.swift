import DeviceCore
import LinuxSupport

/// Links as rows with a column for each attribute that one of them has.
struct LinkTable {
  private let links: [Link]
  private let isColored: Bool

  private static let bold = "\u{1b}[1m"
  private static let plain = "\u{1b}[0m"

  init(_ links: [Link], isColored: Bool) {
    self.links = links
    self.isColored = isColored
  }

  /// A header and a line for each link; none for no links.
  func lines() -> [String] {
    guard !links.isEmpty else { return [] }
    var columns: [[String]] = [["RESOURCE"] + links.map(\.target)]
    for (title, cell) in LinkTable.columns {
      let cells = links.map(cell)
      if cells.contains(where: { !$0.isEmpty }) { columns.append([title] + cells) }
    }
    let widths = columns.map { column in column.map(\.count).max() ?? 0 }
    return (0...links.count).map { row in
      let line = columns.indices.map { columns[$0][row].padding(to: widths[$0]) }
        .joined(separator: "  ")
      let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
      return row == 0 && isColored ? LinkTable.bold + trimmed + LinkTable.plain : trimmed
    }
  }

  private static var columns: [(String, (Link) -> String)] {
    [
      ("TITLE", { $0.values("title").joined(separator: ", ") }),
      ("TYPE", { $0.values("rt").joined(separator: " ") }),
      ("INTERFACE", { $0.values("if").joined(separator: " ") }),
      ("FORMAT", { $0.values("ct").map(formats).joined(separator: " ") }),
      ("SIZE", { $0.values("sz").joined(separator: " ") }),
      ("", { $0.has("obs") ? "observable" : "" }),
      ("OTHER", others),
    ]
  }

  private static let known = ["title", "rt", "if", "ct", "sz", "obs"]

  private static func others(_ link: Link) -> String {
    link.attributes.filter { !known.contains($0.name.lowercased()) }
      .map { attribute in attribute.value.map { "\(attribute.name)=\($0)" } ?? attribute.name }
      .joined(separator: " ")
  }

  /// `0 40` as `text link`.
  private static func formats(_ numbers: String) -> String {
    numbers.split(separator: " ").map { number in
      UInt16(number).flatMap { ContentFormat(rawValue: $0).shortName } ?? String(number)
    }.joined(separator: " ")
  }
}
