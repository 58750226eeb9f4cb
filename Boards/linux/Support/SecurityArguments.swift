import ArgumentParser
import PortTLS

/// How to know the server, and how to be known by it. Only coaps+tcp needs that.
public struct SecurityArguments: ParsableArguments {
  // A text, not a key: the library would print what it cannot read.
  @Option(
    name: .customLong("psk"),
    help: ArgumentHelp(
      "A pre-shared key. Others on this machine can see it in the list of processes: the environment "
        + "variable COAP_PSK and --psk-file are better.", valueName: "identity:hexkey"))
  public var key: String?

  @Option(
    name: .customLong("psk-file"),
    help: ArgumentHelp("A file with the line IDENTITY:HEXKEY, # for comments.", valueName: "file"))
  public var keyFile: String?

  @Option(
    name: .customLong("ca"),
    help: ArgumentHelp(
      "The authorities to trust, PEM or DER; without it and without a key those of this machine.",
      valueName: "file"))
  public var authorities: String?

  @Option(
    name: .customLong("cert"),
    help: ArgumentHelp("Our own certificate with its chain, PEM or DER.", valueName: "file"))
  public var certificate: String?

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp("The private key of our certificate, PEM or DER.", valueName: "file"))
  public var privateKey: String?

  @Option(
    help: ArgumentHelp(
      "The name to ask for and to find in the certificate, instead of the URI's host.",
      valueName: "name"))
  public var serverName: String?

  @Flag(
    name: .customLong("insecure"),
    help: "Take any certificate: whoever is on the way can read and change everything.")
  public var isInsecure = false

  @Flag(
    name: .customLong("alpn-optional"),
    help: "Talk to servers that do not say by ALPN that they speak coap, also on other ports than 5684.")
  public var isProtocolOptional = false

  @Option(
    name: .customLong("max-fragment-length"),
    help: ArgumentHelp(
      "The largest record to ask the server for: 512, 1024, 2048, 4096 or none.", valueName: "bytes"))
  public var fragmentLength = FragmentLength(argument: "4096")!

  @Option(
    name: .customLong("session"),
    help: ArgumentHelp(
      "Resume the TLS session in this file, if there is one for this server, and keep the new one there. "
        + "It contains keys.", valueName: "file"))
  public var sessionFile: String?

  @Option(help: ArgumentHelp("How long the TLS handshake may take.", valueName: "seconds"))
  public var handshakeTimeout = Seconds(10)

  public init() {}

  public func validate() throws {
    guard key == nil || keyFile == nil else {
      throw ValidationError("--psk and --psk-file exclude each other")
    }
    guard (certificate == nil) == (privateKey == nil) else {
      throw ValidationError("--cert and --key need each other")
    }
    guard !isInsecure || authorities == nil else {
      throw ValidationError("--insecure and --ca exclude each other")
    }
    guard handshakeTimeout.span.rawValue > 0 else {
      throw ValidationError("--handshake-timeout is a time above 0")
    }
    if let serverName {
      let isName = serverName.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
      guard isName, (1...253).contains(serverName.utf8.count) else {
        throw ValidationError("--server-name is a name of 1 to 253 ASCII characters")
      }
    }
  }

  /// An option that makes no sense without TLS, if one was given.
  public var givenOption: String? { givenOptions.first }

  /// The options that make no sense without TLS and were given.
  public var givenOptions: [String] {
    let given: [(String, Bool)] = [
      ("--psk", key != nil), ("--psk-file", keyFile != nil), ("--ca", authorities != nil),
      ("--cert", certificate != nil), ("--server-name", serverName != nil),
      ("--insecure", isInsecure), ("--session", sessionFile != nil),
    ]
    return given.filter(\.1).map(\.0)
  }

  /// Whether there is anything that only TLS has a use for.
  public var isGiven: Bool { givenOption != nil || SharedKey.isInEnvironment }
}

extension SecurityArguments {
  /// Reads the key and says which certificates count.
  ///
  /// - Throws: what is wrong with one of them.
  public func load() throws(SecurityFailure) -> ClientSecurity {
    var security = ClientSecurity()
    security.key = try loadKey()
    if let certificate, let privateKey {
      security.certificate = CertificateFiles(certificate: certificate, key: privateKey)
    }
    if isInsecure {
      security.trust = .nobodyIsChecked
    } else if let authorities {
      security.trust = .file(authorities)
    } else if security.key == nil || certificate != nil {
      security.trust = .system
    }
    security.maximumFragmentLength = fragmentLength.length
    return security
  }

  /// Reads the keys, the certificate and the authorities of clients' certificates, for who is the server.
  ///
  /// - Throws: what is wrong with one of them, or that there is nothing to prove who this is.
  public func loadServer() throws(SecurityFailure) -> ServerSecurity {
    var security = ServerSecurity()
    if let keyFile { security.keys = try SharedKey.readFile(keyFile) }
    if keyFile == nil, let key = try loadKey() { security.keys = [key] }
    if let certificate, let privateKey {
      security.certificates = [CertificateFiles(certificate: certificate, key: privateKey)]
    }
    guard !security.keys.isEmpty || !security.certificates.isEmpty else {
      throw SecurityFailure(
        "coaps+tcp and coaps+ws need a key or a certificate: --psk-file FILE, or --cert FILE --key FILE")
    }
    guard authorities == nil || certificate != nil else {
      throw SecurityFailure("--ca is about clients' certificates, which need a --cert of the server")
    }
    security.authorities = authorities
    return security
  }

  private func loadKey() throws(SecurityFailure) -> SharedKey? {
    if let keyFile {
      let keys = try SharedKey.readFile(keyFile)
      guard keys.count == 1 else {
        throw SecurityFailure("\(keyFile): there are \(keys.count) keys in it; a client has one")
      }
      return keys[0]
    }
    if let key { return try SharedKey(key, from: "--psk") }
    return try SharedKey.fromEnvironment()
  }
}

/// The choices of `--max-fragment-length`.
public struct FragmentLength: ExpressibleByArgument {
  /// Nil to ask for none.
  let length: MaximumFragmentLength?
  public let defaultValueDescription: String

  public init?(argument: String) {
    length = Int(argument).flatMap(MaximumFragmentLength.init)
    guard length != nil || argument == "none" else { return nil }
    defaultValueDescription = argument
  }
}
