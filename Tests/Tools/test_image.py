"""toolchain/lib/image against small programs whose stack is known: from the compiler's own figures and by hand.

Run with python3 -m pytest Tests/Tools. Needs the Swift toolchain, whose clang and lld build the programs, and nothing
else.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "toolchain" / "lib"))

from image.budget import Budget  # noqa: E402
from image.calls import CallGraph, Hints  # noqa: E402
from image.code import Code  # noqa: E402
from image.command import Inspection  # noqa: E402
from image.elf import Image  # noqa: E402
from image.frames import Frames  # noqa: E402
from image.stack import FRAME_OF_EXCEPTION  # noqa: E402

TOOLS = Path(shutil.which("swift") or "swift").resolve().parent
TARGETS = {
    "cortex-m0plus": ["--target=armv6m-none-eabi", "-mcpu=cortex-m0plus", "-mfloat-abi=soft"],
    "cortex-m3": ["--target=armv7m-none-eabi", "-mcpu=cortex-m3", "-mfloat-abi=soft"],
    "cortex-m4": ["--target=armv7em-none-eabi", "-mcpu=cortex-m4", "-mfloat-abi=soft"],
    "cortex-m4f": ["--target=armv7em-none-eabihf", "-mcpu=cortex-m4", "-mfloat-abi=hard"],
    "riscv32": ["--target=riscv32-none-elf", "-march=rv32imac", "-mabi=ilp32"],
}
CORES = pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "riscv32"])
FLAGS = ["-ffreestanding", "-fno-pic", "-ffunction-sections", "-fdata-sections", "-fstack-usage"]

HEADER = """
#include <stddef.h>
#include <stdint.h>
#define OPAQUE __attribute__((noinline))
volatile int sink;
OPAQUE void use(void *memory) { sink += *(volatile char *)memory; }
void *memset(void *target, int value, size_t count);
void *memcpy(void *target, const void *source, size_t count);
"""


class Program:
    """A program that has been linked, and what the compiler says of its frames."""

    def __init__(self, directory: Path, core: str, source: str, *options: str, link: list[str] | None = None):
        self.directory = directory
        self.core = core
        self.file = directory / "program.elf"
        path = directory / "program.c"
        path.write_text(HEADER + source)
        compiled = directory / "program.o"
        run(TOOLS / "clang", *TARGETS[core], "-Os", *FLAGS, *options, "-c", path, "-o", compiled)
        default = ["-e", "main", "-Ttext=0x10000"]
        run(TOOLS / "ld.lld", *(link or default), compiled, "-o", self.file, f"-Map={directory / 'program.map'}")

    def usage(self) -> dict[str, tuple[int, bool]]:
        """Bytes by function, and whether there are more that the program computes."""
        found = {}
        for file in self.directory.glob("*.su"):
            for line in file.read_text().splitlines():
                place, size, kind = line.split("\t")
                found[place.rsplit(":", 1)[1]] = int(size), "dynamic" in kind
        return found

    def frames(self) -> dict:
        return {function.name: function for function in Frames(Code(Image(self.file))).all()}

    def graph(self, indirect=None, recursion=None) -> CallGraph:
        return CallGraph(Frames(Code(Image(self.file))), {}, Hints(indirect or {}, recursion or {}))

    def inspection(self, budget: Budget | None = None) -> Inspection:
        linker_map = self.directory / "program.map"
        return Inspection(self.file, linker_map if linker_map.exists() else None, budget or Budget())


def run(*command) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Compiles and links a program, once for all tests that want the same."""
    known: dict[str, Program] = {}

    def make(core: str, source: str, *options: str, link: list | None = None) -> Program:
        key = repr((core, source, options, link))
        if key not in known:
            known[key] = Program(tmp_path_factory.mktemp("program"), core, source, *options, link=link)
        return known[key]

    return make


def deepest(graph: CallGraph, name: str):
    (address,) = graph.names.matching(name)
    return graph.deepest(address)


def way(descent) -> list[str]:
    return [step.function.name for step in descent.steps()]


MANY_KINDS = """
#include <stdarg.h>
OPAQUE int leaf(int n) { return n + 1; }
OPAQUE int small(int n) { char room[40]; use(room); return leaf(n) + room[n]; }
OPAQUE int larger_than_one_instruction(int n) { char room[600]; use(room); return room[n]; }
OPAQUE int big(int n) { char room[5000]; use(room); return room[n]; }
OPAQUE int bigger(int n) { char room[70000]; use(room); return room[n]; }
OPAQUE int many(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) { return a+b+c+d+e+f+g+h+i*j; }
OPAQUE int arguments_on_stack(int a) { return many(a, 1, 2, 3, 4, 5, 6, 7, 8, 9) + 1; }
OPAQUE int variadic(int count, ...) {
  va_list list;
  va_start(list, count);
  int sum = 0;
  while (count--) sum += va_arg(list, int);
  va_end(list);
  return sum;
}
OPAQUE int early_return(int n) { if (n > 3) { char room[64]; use(room); return room[n]; } return n; }
OPAQUE void never(int n) { for (;;) sink = n; }
OPAQUE int ends_in_a_call(int n) { if (n > 3) { char room[64]; use(room); return 2; } if (n == 2) never(n); return n; }
OPAQUE int all_registers(int *p) {
  int a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6], h = p[7], i = p[8], j = p[9], k = p[10];
  use(p);
  return a ^ b * c ^ d * e ^ f * g ^ h * i ^ j * k;
}
OPAQUE int choice(int n, int (*other)(int)) {
  char room[24];
  switch (n) {
    case 0: use(room); return 1;
    case 1: return small(3);
    case 2: use("text"); use(&n); return 3;
    case 3: return big(7) + 3;
    case 4: return leaf(n);
    case 5: return 11 * sink;
    case 6: return 12 - sink;
    default: return other(n);
  }
}
OPAQUE double floating(double x) { double y[9]; for (int i = 0; i < 9; i++) y[i] = x; use(y); return y[3]; }
int main(void) {
  int numbers[11] = {sink};
  return small(1) + larger_than_one_instruction(1) + big(2) + bigger(3) + arguments_on_stack(4) + variadic(3, 1, 2, 3)
    + early_return(sink) + ends_in_a_call(sink) + all_registers(numbers) + choice(sink, leaf) + (int)floating(sink);
}
double __aeabi_i2d(int n) { return *(double *)n; }
int __aeabi_d2iz(uint64_t n) { return (int)n; }
double __floatsidf(int n) { return *(double *)n; }
int __fixdfsi(uint64_t n) { return (int)n; }
OPAQUE void *memset(void *target, int value, size_t count) {
  for (char *p = target; count--; sink++) *p++ = value;
  return target;
}
void __aeabi_memclr(void *target, size_t count) { memset(target, 0, count); }
void __aeabi_memclr4(void *target, size_t count) { memset(target, 0, count); }
void __aeabi_memclr8(void *target, size_t count) { memset(target, 0, count); }
int __aeabi_idiv(int a, int b) { return a - b; }
"""


class TestFrames:
    @pytest.mark.parametrize("level", ["-O0", "-O2", "-Os"])
    @pytest.mark.parametrize("core", TARGETS)
    def test_everyKindOfFrame_isWhatTheCompilerSays(self, build, core, level):
        program = build(core, MANY_KINDS, level)
        usage, frames = program.usage(), program.frames()
        assert len(usage) > 20
        assert {name: frames[name].frame for name in usage} == {name: size for name, (size, _) in usage.items()}
        assert not any(function.is_unclear or function.is_dynamic or function.leaves for function in frames.values())

    @CORES
    def test_sharedCode_countsWithThoseWhoUseIt(self, build, core):
        program = build(core, MANY_KINDS, "-Oz", "-mllvm", "-enable-machine-outliner=always")
        usage, frames = program.usage(), program.frames()
        assert core == "cortex-m0plus" or any(name.startswith("OUTLINED_FUNCTION") for name in frames)
        for name, (size, _) in usage.items():
            assert size <= frames[name].reach <= size + 16, name

    def test_sharedCode_returnsByTheRegisterThatItWasCalledWith(self, build):
        program = build("riscv32", """
            __attribute__((naked)) int main(int n) {
              __asm__("addi sp, sp, -32; sw ra, 28(sp); lui t0, %hi(other); addi t0, t0, %lo(other); mv a0, t0;"
                      "jal t0, OUTLINED_FUNCTION_0; lw ra, 28(sp); addi sp, sp, 32; ret");
            }
            __attribute__((naked)) void OUTLINED_FUNCTION_0(void) { __asm__("sw a0, 4(sp); sw a0, 8(sp); jr t0"); }
            void other(void) { use(0); }
            """, "-Wno-unused-parameter")  # fmt: skip
        main = program.frames()["main"]
        assert (main.frame, main.returns, main.is_unclear) == (32, True, False)
        assert [call.target for call in main.calls] == []

    @CORES
    def test_roomOfComputedSize_isFlagged(self, build, core):
        program = build(core, "int main(int n) { char a[n]; use(a); char b[n * 3]; use(b); return a[1]; }")
        assert program.frames()["main"].is_dynamic
        assert program.frames()["main"].frame == program.usage()["main"][0]
        assert program.usage()["main"][1]

    @CORES
    def test_alignedRoom_countsTheWorstGap(self, build, core):
        program = build(core, "int main(void) { _Alignas(64) char room[100]; use(room); return room[3]; }")
        size, natural = program.usage()["main"][0], 16 if core == "riscv32" else 8
        assert program.frames()["main"].frame == max(size + (entry - size) % 64 for entry in range(0, 64, natural))

    def test_conditionalReturn_asGccWritesIt_leavesTheFrameAlone(self, build):
        program = build("cortex-m4", """
            __attribute__((naked)) int main(int n) {
              __asm__("push {r4, r5, lr}; sub sp, #36; cmp r0, #1; itt eq; addeq sp, #36; popeq {r4, r5, pc};"
                      "bl other; add sp, #36; pop {r4, r5, pc}");
            }
            __attribute__((naked)) void other(void) { __asm__("str lr, [sp, #-8]!; bl use; ldr pc, [sp], #8"); }
            """, "-Wno-unused-parameter")  # fmt: skip
        frames = program.frames()
        assert (frames["main"].frame, frames["main"].leaves, frames["main"].is_unclear) == (48, 0, False)
        assert (frames["other"].frame, frames["other"].leaves) == (8, 0)
        assert [call.depth for call in frames["main"].calls] == [48]

    def test_saveAndRestoreRoutines_asGccCallsThem_areTheirCallersFrame(self, build):
        program = build("riscv32", """
            __attribute__((naked)) void save(void) { __asm__("addi sp, sp, -16; sw ra, 12(sp); sw s0, 8(sp); jr t0"); }
            __attribute__((naked)) void restore(void) { __asm__("lw s0, 8(sp); lw ra, 12(sp); addi sp, sp, 16; ret"); }
            __attribute__((naked)) int main(void) {
              __asm__("jal t0, save; addi sp, sp, -32; call use; addi sp, sp, 32; tail restore");
            }
            """)  # fmt: skip
        frames = program.frames()
        assert (frames["save"].leaves, frames["main"].frame, frames["main"].leaves) == (16, 48, 0)
        assert deepest(program.graph(), "main").total == 48


class TestCalls:
    @CORES
    def test_nestedCalls_addUp(self, build, core):
        program = build(core, """
            OPAQUE int third(int n) { char room[300]; use(room); return room[n]; }
            OPAQUE int second(int n) { char room[200]; use(room); return third(n) + room[n]; }
            OPAQUE int shallow(int n) { char room[250]; use(room); return room[n]; }
            int main(void) { char room[100]; use(room); return shallow(1) + second(2) + room[1]; }
            """)  # fmt: skip
        found = deepest(program.graph(), "main")
        usage = program.usage()
        assert way(found) == ["main", "second", "third"] or way(found) == ["main", "second", "third", "use"]
        assert found.total == sum(usage[name][0] for name in way(found))

    @pytest.mark.parametrize("core", ["cortex-m4", "riscv32"])
    def test_tailCall_takesTheCallersPlace(self, build, core):
        program = build(core, """
            OPAQUE int last(int n) { char room[300]; use(room); return room[n]; }
            OPAQUE int first(int n) { return n + sink; }
            int main(int n) { int a = first(n), b = first(a), c = first(b); return last(a ^ b * c); }
            """)  # fmt: skip
        found, usage = deepest(program.graph(), "main"), program.usage()
        assert usage["main"][0] > 0
        assert (way(found)[:2], found.depth) == (["main", "last"], 0)
        assert found.total == usage["last"][0] + usage["use"][0]

    @CORES
    def test_recursion_isListedAndCountedAsTheBudgetSays(self, build, core):
        source = """
            int odd(int n);
            OPAQUE int even(int n) { volatile char room[40]; room[n] = 0; return n ? odd(n - 1) + room[1] : 1; }
            OPAQUE int odd(int n) { volatile char room[80]; room[n] = 0; return n ? even(n - 1) + room[1] : 0; }
            int main(void) { return even(sink) + 1; }
            """
        program = build(core, source)
        usage = {name: size for name, (size, _) in program.usage().items()}
        graph = program.graph()
        start = graph.names.matching("main")
        cycles = [sorted(graph.functions[a].name for a in members) for members in graph.unbounded_cycles(start)]
        assert cycles == [["even", "odd"]]
        assert deepest(graph, "main").total == usage["main"] + usage["even"] + usage["odd"]
        bounded = program.graph(recursion={"even": 3, "odd": 3})
        assert bounded.unbounded_cycles(start) == []
        assert deepest(bounded, "main").total == usage["main"] + 3 * usage["even"] + 3 * usage["odd"]

    @CORES
    def test_oneFunctionOfACycleBounded_boundsTheCycle(self, build, core):
        program = build(core, """
            int b(int n);
            OPAQUE int a(int n) { use(&n); return b(n) + 1; }
            OPAQUE int b(int n) { use(&n); return n ? a(n) + 2 : 0; }
            int main(void) { return a(sink) + 1; }
            """)  # fmt: skip
        graph = program.graph(recursion={"a": 1})
        assert graph.unbounded_cycles(graph.names.matching("main")) == []

    @CORES
    def test_functionPointers_areListed_andFoundWithTheBudgetsHelp(self, build, core):
        program = build(core, """
            OPAQUE int deep(int n) { char room[500]; use(room); return room[n]; }
            OPAQUE int flat(int n) { return n; }
            int (*volatile chosen)(int) = deep;
            OPAQUE int twice(int n) { return chosen(n) + chosen(n + 1); }
            OPAQUE int goes_on_with(int n) { use(&n); return chosen(n); }
            int main(int n) { use(&n); chosen = n ? flat : deep; return twice(2) + goes_on_with(1); }
            """)  # fmt: skip
        graph = program.graph()
        open_ends = {graph.functions[a].name: graph.unresolved(a) for a in graph.below(graph.names.matching("main"))}
        assert {name: count for name, count in open_ends.items() if count} == {"twice": 2, "goes_on_with": 1}
        usage = {name: size for name, (size, _) in program.usage().items()}
        assert deepest(graph, "main").total < usage["deep"]
        hinted = program.graph(indirect={"twice": ["deep", "flat"], "goes_on_*": ["flat"]})
        assert not any(hinted.unresolved(a) for a in hinted.functions)
        assert deepest(hinted, "twice").total == usage["twice"] + usage["deep"] + usage["use"]
        assert hinted.unused_hints == []
        stale = program.graph(indirect={"flat": ["deep"], "twice": ["gone"]})
        assert len(stale.unused_hints) == 2
        assert {"deep", "flat"} <= set(program.inspection().pointed_to())

    @CORES
    def test_callsThroughAConstant_areDirect(self, build, core):
        program = build(core, """
            OPAQUE int deep(int n) { char room[500]; use(room); return room[n]; }
            static int (*const table[])(int) = {deep};
            int main(void) {
              int (*far)(int) = table[0];
              __asm__("" : "+r"(sink));
              return far(1) + far(2) + far(3) + far(4);
            }
            """, "-Oz", "-mlong-calls" if core != "riscv32" else "-mcmodel=medany")  # fmt: skip
        graph = program.graph()
        assert not any(graph.unresolved(address) for address in graph.functions)
        assert way(deepest(graph, "main"))[:2] == ["main", "deep"]

    @CORES
    def test_jumpTables_areNoCalls(self, build, core):
        cases = "\n".join(f"case {n}: sink = {n * n + 7}; other(sink); break;" for n in range(20))
        source = "OPAQUE void other(int n) { char room[90]; use(room + n); }"
        program = build(core, source + "int main(int n) { switch (n) {" + cases + "} return sink; }")
        inspection = program.inspection()
        (main,) = inspection.graph.names.matching("main")
        assert inspection.graph.unresolved(main) == 0
        assert len({call.address for call in inspection.functions[main].calls}) >= 1
        assert "other" in way(inspection.graph.deepest(main))

    @pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4"])
    def test_veneers_areFollowed(self, build, core):
        program = build(core, """
            __attribute__((section(".far"), noinline)) int far(int n) { char room[500]; use(room); return room[n]; }
            int main(void) { return far(sink) + 1; }
            """, link=["-e", "main", "-Ttext=0x10000", "--section-start=.far=0x8000000"])  # fmt: skip
        graph = program.graph()
        assert any("Thunk" in function.name for function in graph.functions.values())
        usage = {name: size for name, (size, _) in program.usage().items()}
        assert deepest(graph, "main").total >= usage["main"] + usage["far"]
        assert not any(graph.unresolved(address) for address in graph.functions)


BOARD = ROOT / "Boards" / "mps2-an386"
SHARED = ROOT / "Boards" / "cortex-m" / "Sources" / "CortexM"


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Program:
    """The C part of a real board with its linker script, and a main that uses it."""
    tmp_path = tmp_path_factory.mktemp("board")
    (tmp_path / "main.c").write_text("""
        #include "BoardSupport.h"
        __attribute__((noinline))
        static void deep(void) { uint8_t room[256] = {7}; board_console_write(room, 256); }
        int main(void) { deep(); board_console_write_hexadecimal(board_stack_used()); return 0; }
        """)
    support = BOARD / "Sources" / "BoardSupport"
    sources = [*support.glob("*.c"), *SHARED.glob("*.c"), tmp_path / "main.c"]
    (tmp_path / "library.c").write_text(HEADER + """
        void *memset(void *t, int v, size_t n) { for (char *p = t; n--; sink++) *p++ = v; return t; }
        void __aeabi_memclr8(void *t, size_t n) { memset(t, 0, n); }
        void __aeabi_memclr4(void *t, size_t n) { memset(t, 0, n); }
        void __aeabi_memclr(void *t, size_t n) { memset(t, 0, n); }
        """)
    objects = []
    flags = [*TARGETS["cortex-m4"], "-Os", *FLAGS, f"-I{support / 'include'}", f"-I{SHARED / 'include'}"]
    for source in [*sources, tmp_path / "library.c"]:
        objects.append(tmp_path / f"{source.stem}.o")
        run(TOOLS / "clang", *flags, "-c", source, "-o", objects[-1])
    program = Program.__new__(Program)
    program.directory, program.core, program.file = tmp_path, "cortex-m4", tmp_path / "program.elf"
    script = [f"-L{BOARD}", "-T", BOARD / "linker.ld", "--unresolved-symbols=ignore-all"]
    run(TOOLS / "ld.lld", *script, *objects, "-o", program.file)
    return program


class TestExceptions:
    def test_everyFrameOfABoard_isWhatTheCompilerSays(self, board):
        usage, frames = board.usage(), board.frames()
        linked = usage.keys() & frames.keys()
        assert {"main", "deep", "reset_handler", "report_fault", "board_console_write", "fault_handler"} <= linked
        assert {name: frames[name].frame for name in linked} == {name: usage[name][0] for name in linked}

    def test_handlers_comeFromTheVectors_andAddTheirFrame(self, board):
        stack = board.inspection().stack
        usage = {name: size for name, (size, _) in board.usage().items()}
        assert way(stack.start)[:3] == ["reset_handler", "main", "deep"]
        found = {handler.way.function.name: handler for handler in stack.handlers if handler.level == "interrupt"}
        assert found["systick_handler"].exceptions == ["SysTick"]
        assert found["systick_handler"].total == FRAME_OF_EXCEPTION["arm"] + usage["systick_handler"]
        assert found["unexpected_interrupt"].total > FRAME_OF_EXCEPTION["arm"] + usage["unexpected_interrupt"]
        levels = [handler.level for handler in stack.on_top()]
        assert levels == ["interrupt", "fault", "non-maskable interrupt"]
        assert stack.total == stack.start.total + sum(handler.total for handler in stack.on_top())

    def test_aHandlerWithAStackOfItsOwn_takesOnlyTheFrame(self, board):
        stack = board.inspection().stack
        (fault,) = [handler for handler in stack.handlers if handler.way.function.name == "fault_handler"]
        assert fault.total == FRAME_OF_EXCEPTION["arm"]
        assert [other.way.function.name for other in stack.others] == ["report_fault"]
        assert stack.others[0].total > 0

    def test_nestedInterrupts_countAsTheBudgetSays(self, board):
        once, twice = board.inspection().stack, board.inspection(Budget(nesting=2)).stack
        systick = next(h for h in once.handlers if h.way.function.name == "systick_handler")
        assert twice.total == once.total + systick.total

    def test_riscvTrapHandler_isFoundByItsReturn(self, build):
        program = build("riscv32", """
            __attribute__((interrupt("machine"))) void trap(void) { char room[64]; use(room); }
            __attribute__((naked)) void _start(void) {
              __asm__("la sp, 0x80001000; la t0, trap; csrw mtvec, t0; call main");
            }
            int main(void) { char room[32]; use(room); return room[1]; }
            """, link=["-e", "_start", "-Ttext=0x10000"])  # fmt: skip
        stack, usage = program.inspection().stack, program.usage()
        assert [handler.way.function.name for handler in stack.handlers] == ["trap"]
        assert stack.handlers[0].total == usage["trap"][0] + usage["use"][0]
        assert stack.others == []
        assert way(stack.start)[:2] == ["_start", "main"]


class TestSizes:
    def test_partsAddUpToTheSections(self, build):
        program = build("cortex-m4", """
            int counter = 7;
            char arena[900];
            int main(void) { use("a text that is long enough"); use(arena); return counter++; }
            """)  # fmt: skip
        inspection = program.inspection()
        parts = inspection.sizes.by_part()
        assert sum(totals.flash for totals in parts.values()) == inspection.sizes.flash
        assert sum(totals.ram for totals in parts.values()) == inspection.sizes.static_ram
        assert inspection.sizes.static_ram == 900 + 4 + 4
        assert parts["program.o"].ram == 900 + 4 + 4
        assert [item.name for item in inspection.sizes.largest(1)] == ["arena"]
        assert sum(item.size for item in inspection.arena()) == 900
        text = [item for item in inspection.sizes.items if item.size == len("a text that is long enough") + 1]
        assert [item.part for item in text] == ["program.o"]

    def test_stackSections_areNoStaticRam(self, tmp_path, build):
        script = tmp_path / "script.ld"
        script.write_text("""
            SECTIONS { .text 0x1000 : { *(.text*) *(.rodata*) } .stack 0x20000000 (NOLOAD) : { . += 2K; }
            .data : { *(.data*) } .bss (NOLOAD) : { *(.bss* COMMON) } /DISCARD/ : { *(.ARM.exidx*) } }
            """)
        program = build("cortex-m4", "int main(void) { return sink; }", link=["-e", "main", "-T", script])
        sizes = program.inspection().sizes
        assert (sizes.stack, sizes.main_stack, sizes.static_ram) == (2048, 2048, 4)


class TestCommand:
    SOURCE = "char arena[1000]; int main(void) { char room[200]; use(room); use(arena); return room[1]; }"

    def image(self, *arguments) -> subprocess.CompletedProcess:
        command = [sys.executable, ROOT / "toolchain" / "lib" / "image", *arguments]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)

    def budget(self, program: Program, **content) -> Path:
        path = program.directory / "budget.json"
        path.write_text(json.dumps(content))
        return path

    def test_withinBudget_exitsWith0(self, build):
        program = build("cortex-m4", self.SOURCE)
        limits = self.budget(program, flash=4096, static_ram=2000, stack=1024, ram=2000, arena=1000, unresolved=0)
        done = self.image(program.file, "--budget", limits, "--arena-high-water", "800", "--symbols", "3")
        assert (done.returncode, done.stderr) == (0, "")
        assert "high-water" in done.stdout and "\033" not in done.stdout

    @pytest.mark.parametrize("key", ["flash", "static_ram", "stack", "ram", "arena"])
    def test_overBudget_exitsWith1_andSaysByHowMuch(self, build, key):
        program = build("cortex-m4", self.SOURCE)
        done = self.image(program.file, "--budget", self.budget(program, **{key: 8}))
        assert done.returncode == 1
        assert "Over budget" in done.stdout and "too many" in done.stdout
        assert self.image(program.file, "--budget", self.budget(program, **{key: 8}), "--no-limits").returncode == 0

    def test_overAGoal_isSaid_andExitsWith0(self, build):
        program = build("cortex-m4", self.SOURCE)
        target = program.directory / "figures.json"
        limits = self.budget(program, flash=4096, goals={"static_ram": 1000, "stack": 4096})
        done = self.image(program.file, "--budget", limits, "--json", target)
        assert done.returncode == 0
        assert "static RAM: 1,004 of 1,000, 4 too many" in done.stdout.partition("Goals that are missed")[2]
        assert "Over budget" not in done.stdout
        figures = json.loads(target.read_text())
        assert figures["over"] == [] and len(figures["missed"]) == 1

    def test_json_hasTheSameFigures(self, build):
        program = build("riscv32", self.SOURCE)
        target = program.directory / "figures.json"
        assert self.image(program.file, "--json", target).returncode == 0
        figures = json.loads(target.read_text())
        assert figures["static_ram"] == 1004 and figures["arena"] == 1000
        assert figures["stack"]["bytes"] == program.inspection().stack.total
        assert figures["stack"]["program"]["way"][0]["function"] == "main"

    @pytest.mark.parametrize(
        "content",
        ['{"flush": 1}', '{"flash": "much"}', '{"indirect": {"a": "b"}}', "{", '{"parts": {"a": -1}}',
         '{"goals": {"flush": 1}}', '{"goals": {"flash": "little"}}', '{"flash": 2, "goals": {"flash": 1}}'],
    )
    def test_badBudget_exitsWith2(self, build, content):
        program = build("cortex-m4", self.SOURCE)
        path = program.directory / "budget.json"
        path.write_text(content)
        done = self.image(program.file, "--budget", path)
        assert done.returncode == 2
        assert done.stderr.startswith("image: ") and "Traceback" not in done.stderr

    def test_noImage_exitsWith2(self, tmp_path):
        (tmp_path / "text").write_text("no image")
        assert self.image(tmp_path / "text").returncode == 2
        assert self.image(tmp_path / "none").returncode == 2

    def test_everyBudgetOfABoard_canBeRead(self):
        # A board without board.sh is no image of machine code, and its budget is for another tool.
        for board in (ROOT / "Boards").glob("*/board.sh"):
            Budget.read(board.with_name("budget.json"), has_limits=True)
