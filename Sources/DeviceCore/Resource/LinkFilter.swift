/// What a request for `/.well-known/core` wants to see: the links with this attribute (RFC 6690
/// section 4.1).
///
/// One query `name=value` filters; without one, with several, or without a "=" every link is shown. A "*"
/// at the end of the value stands for any rest. Bytes are compared, as they are in the Uri-Query option.
public struct LinkFilter: ~Escapable {
  // Read anew for each link, so that who shows all of them has no code that reads it.
  private let options: MessageOptions

  @_lifetime(copy request)
  init(_ request: Request) {
    options = request.message.options
  }

  /// Whether the link to this path is shown.
  func shows(_ path: StaticString, _ attributes: LinkAttributes) -> Bool {
    LinkQuery(options).shows(path, attributes)
  }
}

/// The query of a ``LinkFilter`` in its parts.
private struct LinkQuery: ~Escapable {
  private var subject = Subject.everything
  private var value: Span<UInt8>
  private var isPrefix = false

  /// What the value is compared with; the attributes are in the order of `names`.
  private enum Subject: UInt8 {
    case resourceType, interface, contentFormats, relation, title, size, observable, target
    case everything, nothing

    static var names: StaticString { "rt if ct rel title sz obs href" }
  }

  @_lifetime(copy options)
  init(_ options: MessageOptions) {
    value = Span()
    var options = options
    var count = 0
    while let option = options.nextCompact() {
      guard option.number == .uriQuery else { continue }
      value = option.value
      count += 1
    }
    var nameEnd = 0
    while nameEnd < value.count, value[nameEnd] != 0x3d { nameEnd += 1 }
    guard count == 1, nameEnd < value.count else { return }
    let name = value.extracting(first: nameEnd)
    value = value.extracting(droppingFirst: nameEnd + 1)
    subject = .nothing
    let names = Subject.names.bytes
    if let index = names.index(of: name, isPrefix: false, separator: 0x20) {
      subject = Subject(rawValue: index) ?? .nothing
    }
    if value.count > 0, value[value.count - 1] == 0x2a {
      isPrefix = true
      value = value.extracting(droppingLast: 1)
    }
    if subject == .target, value.count > 0 || !isPrefix {
      // Behind the "/" of the target comes the path.
      guard value.count > 0, value[0] == 0x2f else {
        subject = .nothing
        return
      }
      value = value.extracting(droppingFirst: 1)
    }
  }

  /// Whether the link to this path is shown.
  func shows(_ path: StaticString, _ attributes: LinkAttributes) -> Bool {
    var text: StaticString
    var isList = true
    switch subject {
    case .everything: return true
    case .nothing: return false
    // It has no value.
    case .observable: return attributes.isObservable && value.count == 0
    case .size:
      let digits = DecimalDigits(attributes.maximumSize)
      return attributes.maximumSize > 0 && matches(digits.bytes, isList: false)
    case .resourceType: text = attributes.resourceType
    case .interface: text = attributes.interface
    case .contentFormats: text = attributes.contentFormats
    // No link says anything else (RFC 6690 section 2.2).
    case .relation: text = "hosts"
    case .title:
      text = attributes.title
      isList = false
    case .target:
      text = path
      isList = false
    }
    // An empty text is an attribute that is not there, or the path of the root.
    guard text.utf8CodeUnitCount > 0 || subject == .target else { return false }
    return matches(text.bytes, isList: isList)
  }

  private func matches(_ text: Span<UInt8>, isList: Bool) -> Bool {
    // No byte of UTF-8 is 0xff.
    text.index(of: value, isPrefix: isPrefix, separator: isList ? 0x20 : 0xff) != nil
  }
}

extension Span where Element == UInt8 {
  /// Which of the words between single separators is `value` or, as a prefix, begins with it.
  @inline(never)
  fileprivate func index(of value: Span<UInt8>, isPrefix: Bool, separator: UInt8) -> UInt8? {
    var index: UInt8 = 0
    // How much of the value the word has so far; nil behind their first difference.
    var matched: Int? = 0
    for position in indices {
      let byte = self[position]
      if byte == separator {
        if matched == value.count { return index }
        matched = 0
        index &+= 1
      } else if let length = matched {
        if length < value.count, value[length] == byte {
          matched = length + 1
        } else if length < value.count || !isPrefix {
          matched = nil
        }
      }
    }
    return matched == value.count ? index : nil
  }
}
