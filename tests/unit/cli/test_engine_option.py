"""What is said about `--engine` and `--form` comes from the installed backends."""

import pytest
from click.testing import CliRunner

from tocsin.app.scan import form_of
from tocsin.backend import registry
from tocsin.cli.main import main_group
from tocsin.errors import ConfigError


@pytest.mark.parametrize("command", ["scan", "test"])
def test_the_help_lists_the_engines_that_are_installed(command: str) -> None:
    told = " ".join(CliRunner().invoke(main_group, [command, "--help"]).output.split())
    assert ", ".join(registry.engines()) in told


def test_the_hint_on_forms_names_the_engines_that_have_two() -> None:
    with pytest.raises(ConfigError, match="evaluator has one form") as caught:
        form_of("evaluator", "pack")
    assert caught.value.hint == "--form is for duckdb, spark"
