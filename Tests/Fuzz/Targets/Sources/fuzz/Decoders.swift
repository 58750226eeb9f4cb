import CIndependentDecoder

@testable import DeviceCore
@testable import Scenarios

// Doors 7 and 12: one message, read by the core and by the independent decoder, read in every way and written again.

/// What the independent decoder makes of these bytes.
@inline(never)
private func read(_ bytes: Span<UInt8>, _ largestMessage: UInt64, _ largestToken: UInt64) -> decoder_outcome {
  unsafe bytes.withUnsafeBufferPointer { bytes in
    var none: UInt8 = 0
    guard let start = bytes.baseAddress else {
      return unsafe decoder_read(&none, 0, largestMessage, largestToken, decoder_place())
    }
    return unsafe decoder_read(start, bytes.count, largestMessage, largestToken, decoder_place())
  }
}

extension FormatFault {
  fileprivate var outcome: decoder_outcome {
    switch self {
    case .reservedTokenLength, .tokenTooLong: DECODER_BAD_TOKEN_LENGTH
    case .messageTooLarge: DECODER_TOO_LARGE
    case .reservedOptionDelta: DECODER_BAD_DELTA
    case .reservedOptionLength: DECODER_BAD_LENGTH
    case .truncatedOption: DECODER_TRUNCATED_OPTION
    case .optionNumberTooLarge: DECODER_NUMBER_TOO_LARGE
    case .emptyPayload: DECODER_EMPTY_PAYLOAD
    case .emptyMessageWithContent: DECODER_NOT_EMPTY
    }
  }
}

func fuzzDecoder(_ tape: inout Tape) {
  let choice = tape.byte()
  let largestToken = choice & 1 == 0 ? 8 : choice & 2 == 0 ? 300 : 65804
  let largest: UInt32 = choice & 4 == 0 ? 1152 : choice & 8 == 0 ? 70_000 : UInt32.max
  var rest = tape.rest
  while rest.count > 0 {
    let outcome = read(rest, UInt64(largest), UInt64(largestToken))
    var found = DECODER_INCOMPLETE
    do throws(FormatError) {
      let progress = try FrameHeader.parse(rest, maximumTokenByteCount: largestToken)
      if case .complete(let header) = progress {
        let size = header.messageByteCount
        if size > largest {
          found = DECODER_TOO_LARGE
        } else if Int(size) <= rest.count {
          let message = try Message(rest.extracting(first: Int(size)), header: header)
          found = DECODER_MESSAGE
          if outcome == found {
            requireSame(message, rest)
            requirePrefixes(rest, header, largestToken)
          }
        }
      }
    } catch {
      found = error.fault.outcome
    }
    // An option with two faults has either.
    let isEither = found == DECODER_TRUNCATED_OPTION && outcome == DECODER_BAD_LENGTH
    // 4 GiB and more are all the same to the core.
    let isEndless = largest == .max && found == DECODER_INCOMPLETE && outcome == DECODER_TOO_LARGE
    require(
      (found == DECODER_MESSAGE) == (outcome == DECODER_MESSAGE),
      "takes what the other decoder refuses, or not")
    require(found == outcome || isEither || isEndless, "finds another fault than the other decoder")
    guard found == DECODER_MESSAGE else { return }
    rest = rest.extracting(droppingFirst: Int(unsafe decoder_place().pointee.size))
  }
}

/// The core and the independent decoder see the same in one message.
@inline(never)
private func requireSame(_ message: borrowing Message, _ bytes: Span<UInt8>) {
  let other = unsafe decoder_place()
  unsafe require(message.code.rawValue == other.pointee.code, "reads another code")
  unsafe require(message.byteCount == Int(other.pointee.size), "reads another length")
  let start = unsafe other.pointee.token_offset
  let token = unsafe bytes.extracting(start..<start + other.pointee.token_length)
  require(message.token.isEqual(to: token), "reads another token")
  let payloadStart = unsafe other.pointee.payload_offset
  let payload = unsafe bytes.extracting(payloadStart..<payloadStart + other.pointee.payload_length)
  require(message.payload.isEqual(to: payload), "reads another payload")
  var options = message.options
  var index = 0
  while let option = options.next() {
    if index < Int(DECODER_OPTION_CAPACITY) {
      let same = decoder_place_option(index)
      require(UInt32(option.number.rawValue) == same.number, "reads another option number")
      let value = bytes.extracting(same.offset..<same.offset + same.length)
      require(option.value.isEqual(to: value), "reads another option value")
    }
    index += 1
  }
  unsafe require(index == other.pointee.option_count, "reads another count of options")
}

/// A header that has come in part says what is missing, and never too much.
@inline(never)
private func requirePrefixes(_ bytes: Span<UInt8>, _ header: FrameHeader, _ largestToken: Int) {
  for count in 0..<header.byteCount {
    let progress = try? FrameHeader.parse(bytes.extracting(first: count), maximumTokenByteCount: largestToken)
    guard case .incomplete(let least) = progress else { violate("takes half a header") }
    require(least > UInt32(count) && least <= header.messageByteCount, "asks for too much or too little")
  }
}

// MARK: Options

func fuzzOptions(_ tape: inout Tape) {
  let code = tape.byte()
  let limit = 40 + tape.below(256) * 5
  var composer = Composer()
  composer.append(tape.rest.extracting(first: min(tape.count, 4000)))
  let store = composer.message(code, token: "7f")
  let bytes = store.bytes
  let outcome = read(bytes, .max, 8)
  guard case .complete(let header) = try? FrameHeader.parse(bytes),
    let message = try? Message(bytes, header: header)
  else {
    return require(outcome != DECODER_MESSAGE, "refuses what the other decoder takes")
  }
  require(outcome == DECODER_MESSAGE, "takes what the other decoder refuses")
  requireSame(message, bytes)
  readInEveryWay(message)
  rewrite(message, limit: limit)
}

/// Every reader that the core has for an option's value.
@inline(never)
private func readInEveryWay(_ message: Message) {
  var options = message.options
  while let option = options.next() {
    let value = option.value
    var number: UInt64 = 0
    for index in value.indices { number = (number & 0xff_ffff) << 8 | UInt64(value[index]) }
    require(option.uint == (value.count <= 4 ? UInt32(number) : nil), "reads another integer")
    require(option.isEqual(to: value), "is not equal to itself")
    if let block = Block(option) {
      require(value.count <= 3, "takes a block number that is too long")
      require(block.rawValue == UInt32(number), "reads another block")
      require(Block(rawValue: block.rawValue) == block, "writes another block")
      _ = (block.offset, block.allows(payloadByteCount: message.payload.count), block.isMore)
    }
    if let rule = option.number.rule { _ = rule.allows(length: value.count) }
    if let token = Token(value) {
      var bytes = InlineArray<8, UInt8>(repeating: 0)
      require(token.copied(to: &bytes).isEqual(to: value), "copies another token")
    }
    guard let first = message.firstOption(option.number) else { violate("does not find an option") }
    require(first.number == option.number, "finds another option")
  }
  _ = (message.eTag, message.bodyKey, message.answerKey, message.firstUnknownCritical)
  _ = (message.firstCriticalOption, message.hasCustody)
  var request = Request()
  request.begin(message)
  _ = (request.accept, request.contentFormat, request.options.objection)
  _ = (request.hasPath("f"), request.hasPath(".well-known/core"))
  var capabilities = Capabilities()
  try? capabilities.update(from: message)
  require(
    capabilities.maximumTokenByteCount >= 8 && capabilities.maximumTokenByteCount <= 65804,
    "takes a token length that cannot be")
}

/// What the writer takes, the independent decoder reads again.
@inline(never)
private func rewrite(_ message: borrowing Message, limit: Int) {
  Region.clientTransmit.fence(limit + 1)
  let region = unsafe Region.clientTransmit.bytes(limit + 1)
  guard
    var writer = unsafe try? MessageWriter(
      region: region, limit: limit, code: message.code, token: message.token)
  else { violate("has no room for a token") }
  var taken = 0
  var options = message.options
  while let option = options.next() {
    let available = writer.availableByteCount
    do throws(WriteError) {
      try writer.append(option.number, option.value)
      taken += 1
    } catch {
      require(error != .outOfOrder && error != .payloadBegun, "takes the order for another")
      require(writer.availableByteCount == available, "has written a part of an option")
    }
  }
  let hasPayload = (try? writer.append(payload: message.payload)) != nil
  let count = writer.finish()
  require(count <= limit, "writes more than it may")
  let bytes = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: region[..<count]))
  // An Empty message with content is nothing that the writer knows of.
  guard message.code != .empty else { return }
  require(read(bytes, .max, 8) == DECODER_MESSAGE, "writes what is no message")
  require(unsafe decoder_place().pointee.option_count == taken, "writes another count of options")
  require(
    unsafe decoder_place().pointee.payload_length == (hasPayload ? message.payload.count : 0),
    "writes another payload")
}
