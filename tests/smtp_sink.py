"""A mail server of the tests: a real one on a port of its own, which keeps what it is sent. Python's own went with 3.12."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage


@dataclass
class Sink:
    """Where it listens, and the mails that came: who they were for by the envelope, and the mail as it was written."""

    port: int = 0
    received: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for _to, mail in self.received]


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as Django's backend speaks."""

    def handle(self) -> None:
        self.to: list[str] = []
        self.say("220 sink")
        while line := self.rfile.readline():
            word = line.strip().decode().upper()
            if word.startswith(("EHLO", "HELO", "MAIL FROM:", "RSET")):
                self.to = []
                self.say("250 ok")
            elif word.startswith("RCPT TO:"):
                self.to.append(line.decode().partition("<")[2].partition(">")[0])
                self.say("250 ok")
            elif word == "DATA":
                self.say("354 go on")
                self.keep()
                self.say("250 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("502 not here")

    def keep(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            assert len(line) <= 1000, "a line is longer than mail servers take"
            lines.append(line[1:] if line.startswith(b"..") else line)
        mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.sink.received.append((self.to, mail))

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, sink: Sink):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.sink = sink
        sink.port = self.server_address[1]


@contextmanager
def running_sink() -> Iterator[Sink]:
    sink = Sink()
    with Server(sink) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
