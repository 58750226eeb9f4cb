"""toolchain/conformance: the table is as the tests are, and every mistake in a tag is one clear line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "toolchain/lib/conformance.py"

SCENARIO = """// F-01: why
func frame_whole_isRead(_ check: inout Checker) {
  let text = "F-99 in a text of no check"
}
"""
LIVE = """import pytest

rows = pytest.mark.rows


@rows("F-02", "V-A01", "AMB-3")
def test_it():
    assert True
"""


def conformance(root: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, SCRIPT, "--root", root, *options], capture_output=True, text=True, timeout=60)


@pytest.fixture
def project(tmp_path):
    """Three rows, of which one is proven by a scenario, one by a live test, one is not done."""
    for folder in ("Conformance", "Scenarios", "PortTests", "Interop", "Vectors"):
        (tmp_path / "Tests" / folder).mkdir(parents=True)
    rows = [
        {"id": name, "section": "8323 3.2", "level": "MUST", "role": "B", "requirement": f"rule {name}"}
        for name in ("F-01", "F-02", "F-03")
    ]
    rows[2]["not done"] = "a rule for proxies"
    (tmp_path / "Tests/Conformance/rows.json").write_text(json.dumps(rows))
    (tmp_path / "Tests/Vectors/vectors.json").write_text(json.dumps([{"id": "V-A01", "rows": ["F-01"]}]))
    (tmp_path / "Tests/Scenarios/FrameScenarios.swift").write_text(SCENARIO.replace("F-99 in", "some in"))
    (tmp_path / "Tests/Interop/test_live.py").write_text(LIVE)
    assert conformance(tmp_path, "--write").returncode == 0
    return tmp_path


def change(project: Path, file: str, old: str, new: str) -> None:
    path = project / "Tests" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def assert_wrong(project: Path, *words: str) -> None:
    done = conformance(project, "--check")
    assert done.returncode == 1
    assert any(all(word in line for word in words) for line in done.stderr.splitlines()), done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_of_this_project_is_up_to_date():
    done = conformance(REPOSITORY, "--check")
    assert done.returncode == 0, done.stderr + done.stdout[-200:]
    assert ", 0 missing" in done.stdout


def test_a_project_in_order_passes(project):
    done = conformance(project, "--check")
    assert done.returncode == 0 and "2 proven, 1 deliberately not done, 0 missing" in done.stdout
    found = json.loads(conformance(project, "--json").stdout)
    assert found["counts"] == {"proven": 2, "not done": 1, "missing": 0}
    assert found["rows"][0]["tests"] == [
        "Scenarios/FrameScenarios.swift: frame_whole_isRead", "Vectors/vectors.json: V-A01"]
    assert "frame_whole_isRead" in conformance(project, "--row", "F-01").stdout


def test_a_renamed_test_is_noticed(project):
    change(project, "Scenarios/FrameScenarios.swift", "frame_whole_isRead", "frame_other_isRead")
    assert_wrong(project, "table.md", "not up to date")


def test_a_row_without_a_test_is_missing(project):
    change(project, "Interop/test_live.py", '"F-02", ', "")
    done = conformance(project, "--check")
    assert done.returncode == 1 and "1 missing" in done.stdout
    assert "F-02" in conformance(project, "--missing").stdout


def test_a_row_that_does_not_exist_is_named_with_its_place(project):
    change(project, "Interop/test_live.py", '"F-02"', '"F-02", "F-77"')
    assert_wrong(project, "Tests/Interop/test_live.py:6", "F-77")
    change(project, "Scenarios/FrameScenarios.swift", "F-01", "F-01 F-78")
    assert_wrong(project, "Tests/Scenarios/FrameScenarios.swift:1", "F-78")


def test_a_row_that_is_not_done_has_no_test(project):
    change(project, "Interop/test_live.py", '"F-02"', '"F-02", "F-03"')
    assert_wrong(project, "F-03 is not done", "test_it")


def test_a_row_is_there_once_and_with_its_reason(project):
    change(project, "Conformance/rows.json", '"F-02"', '"F-01"')
    assert_wrong(project, "F-01 twice")
    change(project, "Conformance/rows.json", "a rule for proxies", " ")
    assert conformance(project, "--check").returncode == 1


@pytest.mark.parametrize("options", [("--row", "F-99"), ("--nonsense",)])
def test_wrong_use_is_64(project, options):
    assert conformance(project, *options).returncode == 64


def test_a_live_test_keeps_its_marks_when_it_moves(project):
    shutil.move(project / "Tests/Interop/test_live.py", project / "Tests/Interop/test_other.py")
    assert_wrong(project, "not up to date")
