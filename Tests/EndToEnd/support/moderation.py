"""A stand-in for OpenAI's moderation API. A category has a high score for texts with its name in capitals, such as HATE/THREATENING."""

from typing import Any

from .services import Request, Service

CATEGORIES = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
]


class ModerationService(Service):
    wrong_types = b'{"id": "modr-1", "model": "m", "results": [{"flagged": false, "categories": {"hate": "no"}, "category_scores": []}]}'
    #: The documented limit of a request.
    max_inputs = 32

    def __init__(self) -> None:
        super().__init__()
        #: Scores of texts that no category is named in.
        self.scores: dict[str, float] = {}

    def texts(self, request: Request) -> list[str]:
        inputs = request.body.get("input", []) if isinstance(request.body, dict) else []
        return [text for text in inputs if isinstance(text, str)]

    def answer(self, request: Request) -> tuple[int, Any]:
        is_known = request.headers.get("authorization") == f"Bearer {self.key}"
        self.expect(request, is_known, "not the service's key")
        if not is_known:
            return 401, {"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}
        if request.path != "/v1/moderations":
            self.complain(request, "no such path")
            return 404, {"error": {"message": "Unknown request URL", "type": "invalid_request_error", "code": "unknown_url"}}
        self.expect_members(request, "model", "input")
        self.expect(request, request.body["model"] == "omni-moderation-latest", "another model")
        self.expect(request, 1 <= len(request.body["input"]) <= self.max_inputs, "too many inputs, or none")
        self.expect(request, all(len(text.encode()) <= 2000 for text in request.body["input"]), "a text that is too long")
        results = [self._judge(text) for text in request.body["input"]]
        return 200, {"id": "modr-1", "model": "omni-moderation-2024-09-26", "results": results}

    def _judge(self, text: str) -> dict[str, Any]:
        scores = {name: 0.97 if name.upper() in text.split() else self.scores.get(name, 0.001) for name in CATEGORIES}
        categories = {name: score >= 0.5 for name, score in scores.items()}
        return {
            "flagged": any(categories.values()),
            "categories": categories,
            "category_scores": scores,
            "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
        }
