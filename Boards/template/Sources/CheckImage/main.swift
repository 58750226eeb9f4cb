import Board
import Port
import PortCheck

// The host on which toolchain/lib/check_partner.py runs, as the board sees it.
let partner = DialPlace(10, 0, 2, 2, port: 5685)

/// Checks the port of this board. `connections` is how many the board has at a time.
func run() {
  var check = PortCheck(
    board: TemplateBoard(), listener: TemplateListener(port: 5683), dialler: TemplateDialler(),
    console: TemplateConsole(), partner: partner, listeningPort: 5683, connections: 4)
  _ = check.run()
}

run()
