import ArgumentParser
import LinuxSupport

/// What coaps+tcp needs: keys and certificates.
struct SecurityOptions: ParsableArguments {
  // Texts, not keys: the library would print what it cannot read.
  @Option(
    name: .customLong("psk"),
    help: ArgumentHelp(
      "A pre-shared key; repeatable. Others on this machine can see it in the list of processes: the "
        + "environment variable COAP_PSK and --psk-file are better.", valueName: "identity:hexkey"))
  var keys: [String] = []

  @Option(
    name: .customLong("psk-file"),
    help: ArgumentHelp(
      "A file with an IDENTITY:HEXKEY on each line, # for comments; repeatable.", valueName: "file"))
  var keyFiles: [String] = []

  @Flag(
    name: .customLong("fresh-psk"),
    help: "Make a pre-shared key for the identity \"device\" and print it, for a first try.")
  var makesKey = false

  @Option(
    name: .customLong("cert"),
    help: ArgumentHelp(
      "A certificate with its chain, PEM or DER; repeatable with its --key. The client's server name "
        + "chooses.", valueName: "file"))
  var certificates: [String] = []

  @Option(
    name: .customLong("key"),
    help: ArgumentHelp("The private key of the --cert before it, PEM or DER.", valueName: "file"))
  var privateKeys: [String] = []

  @Option(
    name: .customLong("ca"),
    help: ArgumentHelp(
      "Authorities of the clients' certificates. A client may come without one, but not with a wrong one.",
      valueName: "file"))
  var authorities: String?

  @Flag(name: .customLong("require-client-cert"), help: "Refuse clients without a certificate.")
  var requiresClientCertificate = false

  @Option(help: ArgumentHelp("How long a TLS handshake may take, 0 for ever.", valueName: "seconds"))
  var handshakeTimeout = Seconds(30)

  @Flag(
    name: .customLong("alpn-optional"),
    help: "Take clients that do not offer coap by ALPN, also on other ports than 5684.")
  var isProtocolOptional = false

  func validate() throws {
    guard certificates.count == privateKeys.count else {
      throw ValidationError("each --cert needs its --key")
    }
    guard authorities == nil || !certificates.isEmpty else {
      throw ValidationError("--ca is about clients' certificates, which need a --cert of the server")
    }
    guard !requiresClientCertificate || authorities != nil else {
      throw ValidationError("--require-client-cert needs the authorities to trust, --ca")
    }
  }

  /// Whether COAP_PSK stands in for --psk.
  private var usesEnvironment: Bool {
    keys.isEmpty && keyFiles.isEmpty && !makesKey && SharedKey.isInEnvironment
  }

  /// Whether there is anything to prove who this server is.
  var hasCredential: Bool {
    !keys.isEmpty || !keyFiles.isEmpty || makesKey || !certificates.isEmpty || usesEnvironment
  }
}

extension SecurityOptions {
  /// Whether clients have to offer ALPN: they have to on every port but the default one (RFC 8323 section
  /// 8.2).
  func requiresProtocol(on address: ListenAddress) -> Bool {
    !address.hasDefaultPort && !address.isWebSocket && !isProtocolOptional
  }

  /// Reads all keys and certificates.
  ///
  /// - Parameter fresh: the key that was made for this run.
  /// - Throws: what is wrong with one of them.
  func load(fresh: FreshKey?) throws(SecurityFailure) -> ServerSecurity {
    var security = ServerSecurity()
    for text in keys { security.keys.append(try SharedKey(text, from: "--psk")) }
    if usesEnvironment, let key = try SharedKey.fromEnvironment() { security.keys.append(key) }
    for path in keyFiles { security.keys += try SharedKey.readFile(path) }
    if let fresh { security.keys.append(fresh.key) }
    var identities: Set<[UInt8]> = []
    for key in security.keys where !identities.insert(key.identity).inserted {
      throw SecurityFailure("there are two keys for the identity \(key.identityText)")
    }
    security.certificates = zip(certificates, privateKeys).map(CertificateFiles.init)
    security.authorities = authorities
    security.requiresClientCertificate = requiresClientCertificate
    return security
  }

  /// What a client is given on its command line: files where they are known, and words to replace.
  var clientOptions: String {
    if keyFiles.count == 1 && keys.isEmpty { return "--psk-file \(keyFiles[0])" }
    return keys.isEmpty && !usesEnvironment ? "--ca FILE" : "--psk IDENTITY:HEXKEY"
  }
}
