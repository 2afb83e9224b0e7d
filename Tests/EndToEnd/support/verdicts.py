"""An HTTP service that gives verdicts, for guardrails that ask one."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .services import CANARIES


class VerdictService:
    """Answers POST on a free port of 127.0.0.1: "block" for texts that hold `word`, else "allow". `/hang` answers when the service is closed."""

    def __init__(self, word: str) -> None:
        self.seen: list[str] = []
        #: Of each request.
        self.headers: list[dict[str, str]] = []
        #: Texts of the gateway's self-test, which are not in `seen`.
        self.canaries: list[str] = []
        canaries = self.canaries
        #: While set, every answer is an error.
        self.is_broken = False
        #: While set, no answer comes.
        self.hangs = False
        #: Questions of every kind.
        self.asked = 0
        closed = self._closed = threading.Event()
        service = self
        seen, headers = self.seen, self.headers

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                service.asked += 1
                if any(canary in text for canary in CANARIES):
                    canaries.append(text)
                else:
                    headers.append({name.lower(): value for name, value in self.headers.items()})
                    seen.append(text)
                if self.path == "/hang":
                    closed.wait()
                while service.hangs and not closed.wait(timeout=0.02):
                    pass
                verdict = b"block" if word in text else b"allow"
                status = 200 if self.path in ("/verdict", "/hang") else 404
                with contextlib.suppress(OSError):
                    self.send_response(500 if service.is_broken else status)
                    self.send_header("Content-Length", str(len(verdict)))
                    self.end_headers()
                    self.wfile.write(verdict)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str = "/verdict") -> str:
        return f"http://{self.address}{path}"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
