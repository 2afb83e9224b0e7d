"""`plugin new` and Examples/Plugins: each project builds, passes its tests and every check, and does in a gateway what it says."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Start
from support.cli import run
from support.documents import ALICE, NO_POLICY, POLICY, Document, document, server
from support.places import REPOSITORY, plugin_folder
from support.projects import Project, installed, is_there
from support.raw import Caller
from support.waiting import until

EXAMPLES = REPOSITORY / "Examples" / "Plugins"
TOKEN = "0123456789-abcdef"


def expect_passes(project: Project, library: Path) -> None:
    ended = project.check(library)
    assert ended.status == 0, [c for c in ended.json["checks"] if c["status"] == "fail"]
    # Without optimisation a provider may be slower than it promises, and where a test builds a library others may write.
    assert {c["check"] for c in ended.json["checks"] if c["status"] == "warn"} <= {"inline", "ownership"}


def blocks(start: Start, plugins: Path, provider: str) -> None:
    """A gateway with this provider for its only guardrail blocks what is too long, and nothing else."""
    servers = [server("stage", input_guardrails_policy=POLICY | {"provider": provider}, output_guardrails_policy=NO_POLICY)]
    guardrails = [{"name": provider, "provider": provider, "config": {"max_bytes": 64}}]
    config = document(servers, guardrails=guardrails, plugins={"path": [str(plugins), str(plugin_folder())]})
    alice = Caller(start(config), ALICE)
    assert alice.text("stage", "echo", message="a" * 64) == "a" * 64
    item = alice.item("stage", "echo", message="a" * 65)
    assert item["status"] == "blocked_input"
    violation = item["input_guardrail_response"]["violations"][0]
    assert violation["type"] == provider and violation["message"] == "A text is too long."


def lets_in(start: Start, plugins: Path, provider: str) -> None:
    """A gateway with this provider for its auth lets in who has the token, and nobody else."""
    config = document(
        [server("stage")],
        guardrails=[],
        plugins={
            "path": [str(plugins), str(plugin_folder())],
            "auth": {"provider": provider, "config": {"token": TOKEN, "config_id": "config-1"}},
        },
    )
    caller = Caller(start(config), None)
    answers = {
        authorization: caller.rpc("tools/list", headers={"authorization": authorization})
        for authorization in (f"Bearer {TOKEN}", f"Bearer {TOKEN}x", "Bearer x", TOKEN, None)
    }
    assert answers.pop(f"Bearer {TOKEN}").result["tools"]
    assert {answer.status for answer in answers.values()} == {401}
    assert {answer.code for answer in answers.values()} == {"AUTH_001"}


def writes_lines(start: Start, plugins: Path, provider: str, file: Path) -> None:
    """A gateway with this provider for its telemetry writes what happens into the file."""
    config = document(
        [server("stage")],
        guardrails=[],
        plugins={
            "path": [str(plugins), str(plugin_folder())],
            # It writes a file, which it may only in the gateway's process.
            "telemetry": [{"name": "lines", "provider": provider, "mode": "in_process", "config": {"path": str(file)}}],
        },
    )
    gateway = start(config)
    assert Caller(gateway, ALICE).text("stage", "echo", message="hello") == "hello"
    gateway.stop()
    lines = until(lambda: file.exists() and file.read_text().splitlines(), "lines of telemetry")
    assert any(line.startswith("span ") for line in lines) and any(line.startswith("log ") for line in lines)


def works(start: Start, tmp_path: Path, library: Path, provider: str, kind: str) -> None:
    plugins = installed(library, tmp_path / "plugins")
    if kind == "guardrail":
        blocks(start, plugins, provider)
    elif kind == "auth":
        lets_in(start, plugins, provider)
    else:
        writes_lines(start, plugins, provider, tmp_path / "lines")


# Templates


@pytest.mark.parametrize("kind", ["guardrail", "auth", "telemetry"])
@pytest.mark.parametrize("language", ["c", "cpp", "rust"])
def test_a_new_project_builds_passes_and_works(language: str, kind: str, tmp_path: Path, start: Start) -> None:
    if not is_there(language):
        pytest.skip(f"no {language} here")
    project = Project.new(tmp_path / "project", f"my-{kind}", language, kind)
    library = project.build()
    project.test()
    expect_passes(project, library)
    works(start, tmp_path, library, f"my-{kind}", kind)


@pytest.fixture(scope="module")
def swift_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all kinds, so that PluginSDK is built once."""
    if not is_there("swift"):
        pytest.skip("no swift here")
    return tmp_path_factory.mktemp("swift") / "project"


@pytest.mark.parametrize("kind", ["guardrail", "auth", "telemetry"])
def test_a_new_project_in_swift_builds_passes_and_works(kind: str, swift_folder: Path, tmp_path: Path, start: Start) -> None:
    fresh = Project.new(tmp_path / "project", "my-plugin", "swift", kind)
    shutil.copytree(fresh.folder, swift_folder, dirs_exist_ok=True)
    project = Project(swift_folder, "swift", "MyPlugin")
    library = project.build()
    project.test()
    expect_passes(project, library)
    works(start, tmp_path, library, "my-plugin", kind)


def test_what_cannot_be_a_name_or_a_place_is_refused(tmp_path: Path) -> None:
    for name in ["My-Plugin", "-x", "x-", "a--b", "1a", "a_b", "a/b", "../a", "", "a" * 65]:
        ended = run("plugin", "new", "--language", "c", "--directory", tmp_path / "x", "--", name)
        assert ended.status == 2 and "cannot be the name of a plugin" in ended.stderr, name
        assert not (tmp_path / "x").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    ended = run("plugin", "new", "fine", "--language", "c", "--directory", tmp_path / "full")
    assert ended.status == 1 and "is not empty" in ended.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["file"]
    assert run("plugin", "new", "fine", "--language", "cobol", "--directory", tmp_path / "x").status == 64
    assert run("plugin", "new", "fine", "--language", "c", "--directory", tmp_path / "no" / "such").status == 1


# Examples


def test_a_dry_run_names_what_the_real_one_writes(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    words = ("plugin", "new", "no-novels", "--language", "c", "--directory", folder)
    preview = run(*words, "--dry-run")
    assert preview.status == 0 and not folder.exists() and "Nothing was written." in preview.stderr
    written = run(*words)
    assert written.status == 0 and written.stdout == preview.stdout
    full = run(*words, "--dry-run")
    assert full.status == 1 and "is not empty" in full.stderr


def files(folder: Path) -> dict[str, str]:
    made = (".build", "target", "Cargo.lock", ".so", "test-length-c")
    paths = [path for path in folder.rglob("*") if path.is_file()]
    kept = [path for path in paths if not any(part.endswith(made) for part in path.relative_to(folder).parts)]
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in kept}


@pytest.mark.parametrize("language", ["c", "rust", "swift"])
def test_the_examples_are_what_plugin_new_writes(language: str, tmp_path: Path) -> None:
    words: list[Any] = ["--language", language, "--directory", tmp_path / "new", "--gateway-source", "../../.."]
    assert run("plugin", "new", f"length-{language}", *words).status == 0
    assert files(EXAMPLES / language) == files(tmp_path / "new"), "scripts/write-plugin-examples.sh writes them anew"


@pytest.mark.parametrize("language", ["c", "rust"])
def test_an_example_builds_passes_and_blocks(language: str, tmp_path: Path, start: Start) -> None:
    if not is_there(language):
        pytest.skip(f"no {language} here")
    # Outside of the repository, with the one header.
    shutil.copytree(EXAMPLES / language, tmp_path / "project", ignore=shutil.ignore_patterns("target", "*.so"))
    project = Project(tmp_path / "project", language, f"Length{language.capitalize()}")
    library = project.build()
    project.test()
    expect_passes(project, library)
    blocks(start, installed(library, tmp_path / "plugins"), f"length-{language}")


def test_the_example_in_swift_builds_passes_and_blocks(swift_folder: Path, tmp_path: Path, start: Start) -> None:
    for part in ("Sources", "Tests"):
        shutil.rmtree(swift_folder / part, ignore_errors=True)
    shutil.copytree(EXAMPLES / "swift", swift_folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".build"))
    project = Project(swift_folder, "swift", "LengthSwift")
    library = project.build()
    project.test()
    expect_passes(project, library)
    blocks(start, installed(library, tmp_path / "plugins"), "length-swift")


def test_guardrails_in_several_languages_judge_in_one_gateway(tmp_path: Path, start: Start) -> None:
    languages = [language for language in ("c", "cpp", "rust") if is_there(language)]
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    guardrails: list[Document] = []
    for number, language in enumerate(languages):
        project = Project.new(tmp_path / language, f"in-{language}", language, "guardrail")
        library = project.build()
        shutil.copyfile(library, plugins / library.name)
        (plugins / library.name).chmod(0o644)
        guardrails.append({"name": language, "provider": f"in-{language}", "config": {"max_bytes": 30 - 10 * number}})
    servers = [server("stage", input_guardrails_policy=POLICY, output_guardrails_policy=NO_POLICY)]
    config = document(servers, guardrails=guardrails, plugins={"path": [str(plugins), str(plugin_folder())]})
    alice = Caller(start(config), ALICE)
    for number, language in enumerate(languages):
        item = alice.item("stage", "echo", message="a" * (35 - 10 * number))
        assert item["input_guardrail_response"]["violations"][0]["type"] == f"in-{language}", language
    assert alice.text("stage", "echo", message="abc") == "abc"
