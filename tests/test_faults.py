"""The list of faults is whole, and what it names is there."""

import ast
from pathlib import Path

import pytest

from tests.fault_list import FAULTS
from tests.faults_table import DOCUMENT, rows_of

ROOT = Path(__file__).resolve().parent.parent
FEWEST_SHOWN = 30


def test_every_fault_is_listed_once_and_most_are_shown():
    assert [fault.number for fault in FAULTS] == list(range(1, 45))
    assert all(bool(fault.tests) != bool(fault.why_not) for fault in FAULTS)
    assert sum(bool(fault.tests) for fault in FAULTS) >= FEWEST_SHOWN


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_the_tests_that_a_fault_names_are_there(fault):
    for test in fault.tests:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text())
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def test_the_document_has_every_fault_as_listed():
    document = DOCUMENT.read_text()
    for fault in FAULTS:
        assert f"| {fault.number} | {fault.what} | {fault.expected} |" in document
    assert len(rows_of(document)) == len(FAULTS)
