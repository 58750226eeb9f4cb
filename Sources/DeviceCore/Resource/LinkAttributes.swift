/// What a link says of a resource in `/.well-known/core` (RFC 6690 section 3, RFC 7641 section 6).
public struct LinkAttributes {
  /// `rt`: one or more words with blanks between them.
  public var resourceType: StaticString
  /// `if`
  public var interface: StaticString
  /// `title`
  public var title: StaticString
  /// `ct`: one or more numbers with blanks between them.
  public var contentFormats: StaticString
  /// `sz`: how large a representation can get, in bytes; 0 leaves it out.
  public var maximumSize: UInt32
  /// `obs`: whether ``Resource/revision(at:)`` counts the changes, so that clients can be notified of them.
  public var isObservable: Bool

  /// An empty text leaves its attribute out.
  ///
  /// - Precondition: no text contains a quotation mark.
  public init(
    resourceType: StaticString = "", interface: StaticString = "", title: StaticString = "",
    contentFormats: StaticString = "", maximumSize: UInt32 = 0, isObservable: Bool = false
  ) {
    self.resourceType = resourceType
    self.interface = interface
    self.title = title
    self.contentFormats = contentFormats
    self.maximumSize = maximumSize
    self.isObservable = isObservable
  }
}

extension Response {
  /// Appends `</path>;rt="...";...` to the payload if the filter shows it, with a comma in front of all but
  /// the first link.
  @inline(never)
  mutating func append(
    link path: StaticString, _ attributes: LinkAttributes, matching filter: LinkFilter,
    isFirst: inout Bool
  ) {
    guard filter.shows(path, attributes) else { return }
    append(isFirst ? "</" : ",</")
    isFirst = false
    append(path)
    append(">")
    append(attribute: ";rt=\"", attributes.resourceType)
    append(attribute: ";if=\"", attributes.interface)
    append(attribute: ";title=\"", attributes.title)
    append(attribute: ";ct=\"", attributes.contentFormats)
    if attributes.maximumSize > 0 {
      append(";sz=")
      append(decimal: attributes.maximumSize)
    }
    if attributes.isObservable { append(";obs") }
  }

  private mutating func append(attribute name: StaticString, _ value: StaticString) {
    guard value.utf8CodeUnitCount > 0 else { return }
    append(name)
    append(value)
    append("\"")
  }
}
