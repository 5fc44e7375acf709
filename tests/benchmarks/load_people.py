"""Customers in their browsers and programs with their keys: `python -m tests.benchmarks.load_people PORT SECONDS THINK`.

Reads who they are (JSON, see `load_shop.py`) from standard input and tells in its last line what they met. It speaks HTTP by hand
and knows nothing of Django: the machine that is measured should do little else than serve.
"""

import http.client
import json
import random
import re
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

# Whoever waits for longer has met an error.
PATIENCE_SECONDS = 10.0
NOT_FOUND_IN_PAGE = "the page lacks what its form needs"
ARTICLES = ("/help/", "/help/search/?q=partial", "/help/orders-troubleshooting/order-statuses-explained/")
# What somebody does next, and how often of a hundred times.
PERSON = {
    "dashboard": 14, "orders, list": 18, "order": 24, "order form": 10, "balance": 9, "services": 8, "help": 9, "tickets": 8,
}  # fmt: skip
PROGRAM = {"API add": 25, "API status": 45, "API status of many": 15, "API balance": 15}


class Refused(Exception):
    """An answer that is not the one that was asked for."""


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str


class Client:
    """One keep-alive connection, opened anew where it was closed, and the cookies of one person."""

    def __init__(self, port: int, number: int):
        self.port, self.cookies = port, dict[str, str]()
        # As nginx would send them on.
        self.headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": f"10.0.0.{number}", "Host": "localhost"}
        self.headers |= {"Referer": "https://localhost/", "Accept-Encoding": "identity"}
        self.connection = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def ask(self, path: str, form: dict[str, str] | None = None) -> Answer:
        headers = self.headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None
        if form is not None:
            body, headers["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        try:
            self.connection.request("GET" if form is None else "POST", path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except BaseException:
            self.connection.close()
            raise
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _sign, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(answer.status, text, answer.headers.get("Location") or "")


class Notes:
    """What all of them met."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.orders: list[int] = []
        self.connections = 0

    def time(self, kind: str, ask: Callable[[], Answer], *, expected: int = 200) -> Answer:
        """The answer, with how long it took. Raises Refused where it is another one than expected."""
        begun = time.perf_counter()
        try:
            answer = ask()
        finally:
            took = (time.perf_counter() - begun) * 1000
            with self.lock:
                self.times[kind].append(took)
        if answer.status != expected:
            raise Refused(f"{kind}: HTTP {answer.status}")
        return answer

    def fault(self, word: str) -> None:
        with self.lock:
            self.errors[word] += 1

    def placed(self, number: int) -> None:
        with self.lock:
            self.orders.append(number)


class Person:
    def __init__(self, notes: Notes, port: int, number: int, who: dict[str, Any], services: list[int]):
        self.notes, self.client, self.who, self.services = notes, Client(port, number), who, services
        self.dice = random.Random(number)  # noqa: S311 (no secret)
        self.own: list[int] = []

    def get(self, kind: str, path: str) -> str:
        return self.notes.time(kind, lambda: self.client.ask(path)).text

    def post(self, kind: str, path: str, form: dict[str, str]) -> str:
        """Where the answer leads."""
        return self.notes.time(kind, lambda: self.client.ask(path, form), expected=302).location

    def begin(self) -> None:
        page = self.get("sign in, page", "/accounts/login/")
        form = {"csrfmiddlewaretoken": field(page, "csrfmiddlewaretoken"), "login": self.who["email"]}
        self.post("sign in", "/accounts/login/", form | {"password": self.who["password"]})

    def act(self) -> None:
        kind = self.dice.choices(list(PERSON), list(PERSON.values()))[0]
        if kind == "order form":
            self.place()
        elif kind == "orders, list":
            page = self.get(kind, self.dice.choice(("/orders/", "/orders/?status=completed")))
            self.own = self.own[-20:] + [int(number) for number in re.findall(r'href="/orders/(\d+)/"', page)[:10]]
        elif kind == "order":
            self.get(kind, f"/orders/{self.dice.choice(self.own)}/" if self.own else "/orders/")
        elif kind == "help":
            self.get(kind, self.dice.choice(ARTICLES))
        else:
            self.get(kind, "/" if kind == "dashboard" else f"/{kind}/")

    def place(self) -> None:
        service = self.dice.choice(self.services)
        page = self.get("order form, page", f"/orders/new/?service={service}")
        form = {name: field(page, name) for name in ("csrfmiddlewaretoken", "token", "seen_rate")}
        form |= {"service": str(service), "link": self.link(), "quantity": str(self.dice.randint(10, 500))}
        where = self.post("order form, POST", "/orders/new/", form)
        number = int(where.strip("/").rpartition("/")[2])
        self.notes.placed(number)
        self.own.append(number)
        self.get("order", where)

    def link(self) -> str:
        return f"https://example.com/{uuid.UUID(int=self.dice.getrandbits(128))}"


class Program(Person):
    """Somebody's program: it orders, and asks for what it ordered."""

    def begin(self) -> None:
        self.add()

    def act(self) -> None:
        kind = self.dice.choices(list(PROGRAM), list(PROGRAM.values()))[0]
        if kind == "API add" or not self.own:
            self.add()
        elif kind == "API status":
            self.call(kind, action="status", order=str(self.dice.choice(self.own)))
        elif kind == "API status of many":
            self.call(kind, action="status", orders=",".join(map(str, self.own[-50:])))
        else:
            self.call(kind, action="balance")

    def add(self) -> None:
        wish = {"service": str(self.dice.choice(self.services)), "link": self.link(), "quantity": "100"}
        told = self.call("API add", action="add", request_id=str(uuid.UUID(int=self.dice.getrandbits(128))), **wish)
        self.own.append(int(told["order"]))
        self.notes.placed(self.own[-1])

    def call(self, kind: str, **fields: str) -> dict[str, Any]:
        form = {"key": self.who["key"], **fields}
        told = json.loads(self.notes.time(kind, lambda: self.client.ask("/api/v2", form)).text)
        if "error" in told:
            raise Refused(f"{kind}: {told['error']}")
        return dict(told)


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    if not found:
        raise Refused(f"{NOT_FOUND_IN_PAGE}: {name}")
    return found[1]


def attempt(notes: Notes, act: Callable[[], None]) -> None:
    """Once, whatever comes of it: an error is counted and somebody goes on."""
    try:
        act()
    except Refused as refused:
        notes.fault(str(refused))
    except (OSError, http.client.HTTPException) as fault:
        notes.fault(f"{type(fault).__name__}: {fault}")


def work(notes: Notes, person: Person, seconds: float, think: float) -> None:
    until = time.monotonic() + seconds
    # Not all at the same moment.
    time.sleep(person.dice.uniform(0, think))
    attempt(notes, person.begin)
    while time.monotonic() < until:
        time.sleep(person.dice.expovariate(1 / think))
        attempt(notes, person.act)


def main() -> None:
    port, seconds, think = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    shop, notes = json.load(sys.stdin), Notes()
    threads = []
    for number, who in enumerate(shop["clients"], 1):
        person = (Program if who["key"] else Person)(notes, port, number, who, shop["services"])
        threads.append(threading.Thread(target=work, args=(notes, person, seconds, think)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {"times": notes.times, "errors": notes.errors, "orders": notes.orders, "cpu": time.process_time()}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
