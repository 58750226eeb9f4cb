// The benchmark's cases with DeviceCore. Everything here compiles in Embedded mode as well.
//
//   codec-swift CASE COUNT
//
// See libcoap_codec.c for what the other side does in each case.

import CHarness

func run() {
  var count: UInt32 = 0
  let selected = unsafe harness_process_arguments(&count)
  switch selected {
  case harness_parse_get:
    for _ in 0..<count { harness_consume(parse(Input.get)) }
    harness_check_parsed(selected)
  case harness_parse_content:
    for _ in 0..<count { harness_consume(parse(Input.content)) }
    harness_check_parsed(selected)
  case harness_build_get, harness_build_content:
    build(selected, count: count)
  case harness_dispatch_content:
    dispatchContent(count: count)
  default:
    dispatch(count: count)
  }
}

run()
