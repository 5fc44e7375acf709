"""Setting up and starting, as far as it can be tried without a network: what a person is told, what ends with what."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import venv
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import run
from tools import environment, processes, testing
from tools.environment import ROOT, read_stamp, stamp_of


def start(*arguments: str, **names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT,
        env=os.environ | names,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_an_unknown_verb_is_answered_with_the_known_ones():
    answer = start("serve")
    assert answer.returncode == 2
    assert (
        answer.stderr == "run.py does not know 'serve'; it knows: run, web, worker, test, check, bench, look, manage.\n"
    )


def test_help_names_every_verb():
    answer = start("--help")
    assert answer.returncode == 0
    assert [verb for verb in run.VERBS if f"python3 run.py {verb}" not in answer.stdout] == ["run"]


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "٣"])
def test_a_port_that_is_none_is_refused(port):
    answer = start("web", PORT=port)
    assert answer.returncode == 1
    assert answer.stderr == f"PORT must be a whole number from 1 to 65535, not {port!r}.\n"


def test_a_second_demo_on_the_same_data_is_refused_in_one_sentence(tmp_path):
    run.hold(tmp_path)
    answer = start("run", PORT=str(run.free_port()), NEOPANEL_DATA_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"A shop runs on the data in {tmp_path} already; ")
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_is_said_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    answer = start("run", PORT=str(run.free_port()), NEOPANEL_DATA_DIR=str(tmp_path / "file" / "data"))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"The data folder {tmp_path / 'file' / 'data'} cannot be used (Not a directory); ")
    assert answer.stderr.count("\n") == 1


def test_gunicorn_by_hand_ends_where_the_panel_refuses_to_start_and_leaves_the_home_alone(tmp_path):
    gunicorn = Path(sys.executable).with_name("gunicorn")
    answer = subprocess.run(
        [gunicorn, "neopanel.wsgi:application", "--bind", f"unix:{tmp_path / 'socket'}"],
        cwd=ROOT,
        env=os.environ
        | {
            "NEOPANEL_ENV": "production",
            "NEOPANEL_DATA_DIR": str(tmp_path / "data"),
            "HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "neopanel.settings",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 3
    assert answer.stderr.count("neopanel refuses to start") == 1
    assert not (tmp_path / ".gunicorn").exists()


@pytest.mark.parametrize("verb", ["run", "web"])
def test_a_taken_port_is_refused_in_one_sentence_before_anything_is_written(verb, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = start(verb, PORT=str(port), NEOPANEL_DATA_DIR=str(tmp_path / "data"))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be used (Address already in use); ")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_verb_without_arguments_refuses_them():
    assert start("check", "orders").stderr == "check takes no arguments (not 'orders').\n"
    assert start("run", "9000").stderr == "run takes no arguments (not '9000'); PORT and HOST say where it answers.\n"


def test_a_connection_that_rests_is_closed_by_the_proxy_and_not_by_us():
    command = run.web_command("127.0.0.1", 8000)
    assert int(command[command.index("--keep-alive") + 1]) > 60  # nginx: keepalive_timeout of an upstream


def test_hosts_that_the_operator_allows_stay_allowed(monkeypatch):
    monkeypatch.setenv("NEOPANEL_ALLOW_PRIVATE_HOSTS", "10.0.0.5,panel.internal:8080")
    assert run.allowing("127.0.0.1:4000") == "10.0.0.5,panel.internal:8080,127.0.0.1:4000"
    monkeypatch.delenv("NEOPANEL_ALLOW_PRIVATE_HOSTS")
    assert run.allowing("127.0.0.1:4000") == "127.0.0.1:4000"


def test_the_settings_of_a_shop_do_not_reach_tests(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop@db/shop")
    monkeypatch.setenv("NEOPANEL_ENV", "production")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    neutral = run.neutral_environment()
    assert "DATABASE_URL" not in neutral
    assert "NEOPANEL_ENV" not in neutral
    assert neutral["LC_ALL"] == "C.UTF-8"


# --- The environment


@dataclass
class Project:
    """A folder with two lock files and an environment; what would be installed is written down instead."""

    folder: Path
    installed: list[list[str]] = field(default_factory=list)

    def ensure(self, *names: str) -> None:
        environment.ensure([self.folder / name for name in names])


@pytest.fixture
def project(tmp_path, monkeypatch) -> Project:
    project = Project(tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv/.installed.json")
    monkeypatch.setattr(environment, "installer", lambda: ["true"])
    monkeypatch.setattr(environment, "make", lambda: venv.create(tmp_path / ".venv", clear=True))
    monkeypatch.setattr(environment, "install", lambda locks: project.installed.append([lock.name for lock in locks]))
    (tmp_path / "run.lock").write_text("one")
    (tmp_path / "dev.lock").write_text("two")
    return project


def test_packages_are_installed_once_and_again_when_a_lock_changes(project):
    project.ensure("run.lock")
    project.ensure("run.lock")
    assert project.installed == [["run.lock"]]

    project.ensure("run.lock", "dev.lock")
    project.ensure("run.lock")
    project.ensure("run.lock", "dev.lock")
    assert project.installed[1:] == [["run.lock", "dev.lock"]]

    (project.folder / "run.lock").write_text("another one")
    project.ensure("run.lock")
    assert project.installed[2:] == [["run.lock"]]


def test_an_environment_that_does_not_start_is_made_again(project):
    project.ensure("run.lock")
    python = project.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to(project.folder / "gone")
    project.ensure("run.lock")
    assert project.installed == [["run.lock"], ["run.lock"]]
    assert environment.python_version() == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_a_stamp_differs_by_lock_and_by_python():
    assert stamp_of(b"a", "3.11") == stamp_of(b"a", "3.11")
    assert len({stamp_of(b"a", "3.11"), stamp_of(b"b", "3.11"), stamp_of(b"a", "3.12")}) == 3


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_stamp_counts_as_none(tmp_path, content):
    (tmp_path / "stamp").write_text(content)
    assert read_stamp(tmp_path / "stamp") == {}
    assert read_stamp(tmp_path / "missing") == {}


# --- Two test runs


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ([], ["-m", "not browser"]),
        (["-k", "money", "tests/orders"], ["-m", "not browser", "-k", "money", "tests/orders"]),
        (["-m", "slow", "-x"], ["-m", "(slow) and not browser", "-x"]),
        (["-mbrowser"], ["-m", "(browser) and not browser"]),
    ],
)
def test_the_second_run_leaves_the_browser_out(given, passed_on):
    assert testing.without_browser(given) == passed_on


@pytest.mark.parametrize(
    ("codes", "chosen", "outcome"),
    [
        ((0, 0), False, 0),
        ((0, 1), False, 1),
        ((1, 0), False, 1),
        ((0, 5), True, 0),
        ((5, 0), True, 0),
        ((0, 5), False, 5),
        ((5, 5), True, 5),
        ((5, 1), True, 1),
        ((0, -9), False, 137),
    ],
)
def test_the_worse_exit_code_wins(codes, chosen, outcome):
    assert testing.worse(*codes, chosen=chosen) == outcome


def test_a_run_is_summed_up_in_one_line(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="12" failures="2" errors="1" skipped="0"/></testsuites>')
    assert testing.summary("SQLite", report) == "SQLite: 9 passed, 3 failed"
    assert testing.summary("SQLite", tmp_path / "missing.xml") == ""


# --- What runs together ends together

LIVES = "import time; time.sleep(60)"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def together(tmp_path):
    """Starts a program that runs several parts and prints the word `ready`; each part leaves its process id."""
    begun = []

    def begin(*, afterwards: tuple[str, ...] = (), **parts: str) -> subprocess.Popen[str]:
        script = f"""
            import os, sys
            from pathlib import Path
            from tools.processes import Part, run_together
            folder = Path({str(tmp_path)!r})
            def part(name, code):
                note = f"import os, pathlib; pathlib.Path({str(tmp_path)!r}, {{name!r}}).write_text(str(os.getpid()))"
                return Part(name, [sys.executable, "-c", f"{{note}}; {{code}}"])
            parts = [part(name, code) for name, code in {parts!r}.items()]
            first = [part for part in parts if part.name not in {afterwards!r}]
            sys.exit(run_together(
                first, afterwards=[part for part in parts if part not in first], environment=dict(os.environ), grace=1,
                is_ready=lambda: all((folder / part.name).exists() for part in first),
                when_ready=lambda: print("ready", flush=True),
            ))
        """
        program = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(program)
        return program

    yield begin
    for program in begun:
        program.kill()
        program.wait()
        program.stdout.close()
        program.stderr.close()


def is_alive(folder: Path, name: str) -> bool:
    """Whether a part still runs; one that has ended but was not collected yet does not."""
    try:
        state = Path(f"/proc/{(folder / name).read_text()}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def all_gone(folder: Path, *names: str) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not any(is_alive(folder, name) for name in names):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_all_parts_end(together, tmp_path, number):
    program = together(web=LIVES, worker=LIVES)
    assert program.stdout.readline() == "ready\n"
    program.send_signal(number)
    assert program.wait(10) == 0
    assert all_gone(tmp_path, "web", "worker")


def test_a_part_that_will_not_end_is_killed(together, tmp_path):
    program = together(web=LIVES, worker=STUBBORN)
    assert program.stdout.readline() == "ready\n"
    program.terminate()
    assert program.wait(10) == 0
    assert all_gone(tmp_path, "web", "worker")


def test_a_part_that_ends_by_itself_stops_the_others_and_is_named(together, tmp_path):
    program = together(web=LIVES, worker="raise SystemExit(3)")
    assert program.wait(10) == 1
    assert program.stderr.read() == "The worker stopped with exit code 3; everything is stopped.\n"
    assert all_gone(tmp_path, "web", "worker")


def test_what_comes_afterwards_starts_when_the_rest_is_ready_and_ends_with_it(together, tmp_path):
    program = together(afterwards=("worker",), web=LIVES, worker=f"print(len(list(p.glob('web'))), flush=True); {LIVES}".replace(
        "p.glob", f"pathlib.Path({str(tmp_path)!r}).glob"
    ))  # fmt: skip
    assert [program.stdout.readline(), program.stdout.readline()] == ["ready\n", "1\n"]
    program.terminate()
    assert program.wait(10) == 0
    assert all_gone(tmp_path, "web", "worker")


def test_what_comes_afterwards_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "AFTERWARDS_SECONDS", 0.2)
    late = tmp_path / "late"
    part = processes.Part("late", [sys.executable, "-c", f"import pathlib; pathlib.Path({str(late)!r}).touch()"])
    first = processes.Part("first", [sys.executable, "-c", LIVES])
    ending = [signal.getsignal(number) for number in ENDING]
    try:
        code = processes.run_together(
            [first], afterwards=[part], environment=dict(os.environ), is_ready=lambda: False, when_ready=lambda: None
        )
    finally:
        for number, handler in zip(ENDING, ending, strict=True):
            signal.signal(number, handler)
    assert (code, late.exists()) == (1, True)


def test_parts_die_with_a_parent_that_is_killed_outright(together, tmp_path):
    program = together(web=LIVES, worker=LIVES)
    assert program.stdout.readline() == "ready\n"
    program.kill()
    assert all_gone(tmp_path, "web", "worker")
