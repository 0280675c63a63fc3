import pytest
import toy_kobest


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """A toy KoBEST in both layouts: {"makers": folder, "hub": folder}."""
    folder = tmp_path_factory.mktemp("kobest")
    toy_kobest.write(folder / "makers", folder / "hub")
    return {"makers": folder / "makers", "hub": folder / "hub"}
