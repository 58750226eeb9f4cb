import DeviceCore

func code_classAndDetail_readBack(_ check: inout Checker) {
  check.expect(Code.content.codeClass == 2 && Code.content.detail == 5)
  check.expect(Code(class: 7, detail: 1) == .capabilitiesAndSettings)
  check.expect(Code.get.isRequest && !Code.empty.isRequest && Code(rawValue: 0x1e).isRequest)
  check.expect(Code.badRequest.isResponse && !Code.ping.isResponse && Code.ping.isSignaling)
  check.expect(!Code(class: 3, detail: 0).isResponse)
}

func optionNumber_classBits_followTheNumber(_ check: inout Checker) {
  check.expect(OptionNumber.uriPath.isCritical && OptionNumber.uriPath.isUnsafe)
  check.expect(!OptionNumber.eTag.isCritical && !OptionNumber.eTag.isUnsafe)
  check.expect(OptionNumber.size1.isNoCacheKey && OptionNumber.size2.isNoCacheKey)
  check.expect(OptionNumber.echo.isNoCacheKey && !OptionNumber.accept.isNoCacheKey)
}
