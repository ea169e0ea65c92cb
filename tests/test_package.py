"""What leaves the repository: the archives carry the package and its templates, and never a key."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
DECOY = b"-----BEGIN PRIVATE KEY-----\nZGVjb3kgb2YgdGhlIHBhY2thZ2luZyB0ZXN0\n-----END PRIVATE KEY-----\n"
DECOYS = ("keys/signing/active.pem", "keys/tls/server.key", "keys/portaria.sqlite", ".sandbox/pki/root.key", ".env")
# Whatever is added to a package, someone decides here whether it may be published.
KINDS = {
    "idp": {".py", ".mako", ".typed"},
    "idp/sandbox": {".py", ".html", ".css", ".csv"},
    "templates": {".html", ".txt", ".css", ".js", ".svg", ".png", ".ico", ".woff2"},
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source tree without version control, so that nothing is left out for being ignored; with decoys."""
    tree = tmp_path_factory.mktemp("tree")
    for folder in ("idp", "templates"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / file, tree)
    for decoy in DECOYS:
        (tree / decoy).parent.mkdir(parents=True, exist_ok=True)
        (tree / decoy).write_bytes(DECOY)
    return tree


@pytest.fixture(scope="module")
def archives(tree: Path) -> Path:
    """Where the sdist and the wheel lie, both built from the tree, off line, with the installed hatchling."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", "dist", "."]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return tree / "dist"


@pytest.fixture(scope="module")
def wheel(archives: Path) -> dict[str, bytes]:
    """Name → content of every file of the wheel."""
    [path] = archives.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist(archives: Path) -> dict[str, bytes]:
    """Name without the leading folder → content of every file of the source archive."""
    [path] = archives.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        files = [member for member in archive if member.isfile()]
        return {member.name.split("/", 1)[1]: archive.extractfile(member).read() for member in files}


def _sources(tree: Path, folder: str) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in (tree / folder).rglob("*") if path.is_file()}


def test_only_known_kinds_of_files_are_there_to_be_packed(tree: Path) -> None:
    for name in _sources(tree, "idp") | _sources(tree, "templates"):
        kinds = KINDS[max((folder for folder in KINDS if name.startswith(f"{folder}/")), key=len)]
        assert PurePosixPath(name).suffix in kinds, f"add its kind to KINDS if {name} may be published"


def test_the_wheel_holds_the_package_its_templates_and_nothing_else(tree: Path, wheel: dict[str, bytes]) -> None:
    metadata = {name for name in wheel if ".dist-info/" in name}
    templates = {f"idp/_data/{name}" for name in _sources(tree, "templates")}
    assert set(wheel) - metadata == _sources(tree, "idp") | templates
    assert {name.split(".dist-info/")[1] for name in metadata} == {
        "METADATA",
        "WHEEL",
        "RECORD",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_source_archive_holds_what_builds_the_wheel_and_nothing_else(tree: Path, sdist: dict[str, bytes]) -> None:
    around = {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"}
    assert set(sdist) == _sources(tree, "idp") | _sources(tree, "templates") | around


def test_no_archive_holds_a_key(wheel: dict[str, bytes], sdist: dict[str, bytes]) -> None:
    assert not [name for name, content in {**wheel, **sdist}.items() if DECOY in content]
    assert not [name for name in {**wheel, **sdist} if name.startswith("keys/") or name.endswith((".key", ".pem"))]


def test_the_decoys_do_reach_an_archive_that_names_too_much(tree: Path, tmp_path: Path) -> None:
    """Or the test above would pass for a reason of its own."""
    careless = tmp_path / "tree"
    shutil.copytree(tree, careless, ignore=shutil.ignore_patterns("dist"))
    project = (careless / "pyproject.toml").read_text()
    (careless / "pyproject.toml").write_text(project.replace('["idp", "templates"]', '["idp", "templates", "keys"]'))
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", "dist", "."],
        cwd=careless,
        check=True,
        capture_output=True,
    )
    [path] = (careless / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        assert "keys/signing/active.pem" in archive.namelist()


def test_an_unpacked_wheel_finds_its_own_templates(archives: Path, tmp_path: Path) -> None:
    [path] = archives.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import idp.paths; print(idp.paths.TEMPLATES)"
    done = subprocess.run([sys.executable, "-I", "-c", program], cwd="/", capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(tmp_path / "idp/_data/templates"), "")


@pytest.mark.parametrize(
    "path", ["keys/signing/active.pem", "keys/tls/server.key", "keys/portaria.sqlite", ".sandbox/x"]
)
def test_git_ignores_what_must_stay_here(path: str) -> None:
    ignored = ["git", "-c", "safe.directory=*", "check-ignore", "--quiet", "--no-index", path]
    assert subprocess.run(ignored, cwd=ROOT).returncode == 0


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==(\S+)", text, re.MULTILINE))


def test_the_locks_agree_so_that_one_environment_serves_both() -> None:
    run, dev = _pins("run.txt"), _pins("dev.txt")
    assert run.items() <= dev.items()
    assert {"flask", "authlib", "pyjwt", "requests"} <= set(run)
    assert {"pytest", "hatchling"} <= set(dev) - set(run)


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_every_locked_version_carries_hashes(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) >= len(_pins(lock)) > 40
    assert all("--hash=sha256:" in line for line in lines)


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for lock, wanted in (
        ("run.txt", [*project["dependencies"], *extras["sandbox"]]),
        ("dev.txt", [*project["dependencies"], *extras["sandbox"], *extras["dev"]]),
    ):
        names = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in wanted}
        assert names <= set(_pins(lock))
