"""A stand-in for Enkrypt's guardrail API, in both generations. A detector fires at texts with its name in capitals."""

import re
from typing import Any

from .services import Request, Service

#: Detectors by their words in policies, and their names in summaries.
DETECTORS = {
    "policy_violation": "policy_violation",
    "injection_attack": "injection_attack",
    "topic_detector": "on_topic",
    "nsfw": "nsfw",
    "toxicity": "toxicity",
    "pii": "pii",
    "keyword_detector": "keyword_detected",
    "bias": "bias",
    "sponge_attack": "sponge_attack",
}
POLICY = "Test Policy"
_ADDRESS = re.compile(r"[\w.]+@[\w.]+\w")


class EnkryptService(Service):
    wrong_types = b'{"summary": {"injection_attack": "no", "toxicity": {}, "pii": null}, "text": 7, "key": 8}'

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, dict[str, str]] = {}
        self.scores = {"relevancy": 1.0, "adherence": 1.0}
        self.is_hallucination = 0

    def texts(self, request: Request) -> list[str]:
        body = request.body if isinstance(request.body, dict) else {}
        found = [*body.get("texts", []), *(body[name] for name in ("text", "llm_answer", "response_text") if name in body)]
        return [text for text in found if isinstance(text, str)]

    def answer(self, request: Request) -> tuple[int, Any]:
        self.expect(request, request.headers.get("apikey") == self.key, "not the service's key")
        if request.headers.get("apikey") != self.key:
            return 401, {"message": "Invalid authentication credentials"}
        match request.path.removeprefix("/guardrails/").split("/"):
            case ["policy", *rest]:
                self.expect(request, request.headers.get("x-enkrypt-policy") == POLICY, "not the policy's name")
                self.expect(request, not [name for name in request.headers if "guardrail" in name or "source" in name], "mixed generations")
                return self._detect(request, rest)
            case ["guardrail", *rest]:
                self.expect(request, request.headers.get("x-enkrypt-guardrail") == POLICY, "not the guardrail's name")
                self.expect(request, "x-enkrypt-policy" not in request.headers, "mixed generations")
                mode, event = request.headers.get("x-enkrypt-mode"), request.headers.get("x-enkrypt-source-event")
                self.expect(request, (mode, event) in [("prompt", "pre-tool"), ("response", "post-tool")], f"mode {mode} at {event}")
                self.expect(request, request.headers.get("x-enkrypt-source-name") == "mcp-gateway", "not the source's name")
                return self._detect(request, rest)
            case ["batch", "detect"]:
                self.expect_members(request, "texts", "detectors")
                enabled = [name for name, detector in request.body["detectors"].items() if detector["enabled"] is True]
                return 200, [self._judge(text, enabled, request.body["detectors"]) for text in request.body["texts"]]
            case ["pii"]:
                return 200, self._pii(request)
            case ["relevancy"]:
                self.expect_members(request, "question", "llm_answer")
                return 200, {"summary": {"relevancy_score": self.scores["relevancy"]}, "details": {}}
            case ["adherence"]:
                self.expect_members(request, "context", "llm_answer")
                return 200, {"summary": {"adherence_score": self.scores["adherence"]}, "details": {}}
            case ["hallucination"]:
                self.expect_members(request, "request_text", "response_text", "context")
                return 200, {"summary": {"is_hallucination": self.is_hallucination}, "details": {"prompt_based": 1}}
        self.complain(request, "no such path")
        return 404, {"detail": "Not Found"}

    def _detect(self, request: Request, rest: list[str]) -> tuple[int, Any]:
        if rest == ["detect"]:
            self.expect_members(request, "text")
            return 200, self._judge(request.body["text"], list(DETECTORS))
        self.expect(request, rest == ["batch", "detect"], "no such path")
        self.expect_members(request, "texts")
        self.expect(request, len(request.body["texts"]) > 1, "a batch of one")
        return 200, [self._judge(text, list(DETECTORS)) for text in request.body["texts"]]

    @staticmethod
    def _judge(text: str, enabled: list[str], detectors: dict[str, Any] | None = None) -> dict[str, Any]:
        summary: dict[str, Any] = {}
        for name in enabled:
            fires = name.upper() in text
            if name == "keyword_detector" and detectors:
                fires = any(word in text for word in detectors[name].get("banned_keywords", []))
            summary[DETECTORS[name]] = (["toxicity", "insult"] if fires else []) if name == "toxicity" else int(fires)
        details = {"injection_attack": {"safe": "0.04", "attack": "0.96", "most_unsafe_content": text}}
        return {"text": text, "summary": summary, "details": details, "result_message": None}

    def _pii(self, request: Request) -> dict[str, str]:
        self.expect_members(request, "text", "mode", "key")
        text, mode, key = (request.body[name] for name in ("text", "mode", "key"))
        if mode == "response":
            self.expect(request, key in self.keys, "no key of this service")
            for placeholder, value in self.keys.get(key, {}).items():
                text = text.replace(placeholder, value)
            return {"text": text, "key": "null"}
        self.expect(request, (mode, key) == ("request", "null"), f"mode {mode} with key {key}")
        found: dict[str, str] = {}

        def placeholder(match: "re.Match[str]") -> str:
            known = [name for name, value in found.items() if value == match[0]]
            name = known[0] if known else f"<EMAIL_ADDRESS_{len(found)}>"
            found[name] = match[0]
            return name

        text = _ADDRESS.sub(placeholder, text)
        key = f"{len(self.keys):032x}"
        self.keys[key] = found
        return {"text": text, "key": key}
