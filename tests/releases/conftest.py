from tests.nlu_model.conftest import encoder

__all__ = ["encoder"]
