"""What the mutants' campaign takes away is there: `make proof-mutants` asks whether a test notices."""

import pytest

from tests.support.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_its_piece_of_source_is_there_once_and_another_afterwards(mutant):
    compile(mutant.source(), mutant.full_name, "exec")
    assert mutant.old != mutant.new
