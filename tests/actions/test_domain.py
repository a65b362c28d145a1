from rasa_sdk.executor import ActionExecutor

from clinicbot import paths
from clinicbot.yaml_files import read_yaml


def test_every_action_of_the_domain_is_there_and_no_other() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(executor.actions) == set(read_yaml(paths.ROOT / "domain.yml")["actions"])
