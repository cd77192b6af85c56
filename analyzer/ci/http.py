"""Requests to a REST interface: patience where it helps, and one line that says what went wrong.

``urllib3`` repeats what may be repeated: connections that were not made, and answers 5xx to methods
that do the same twice. Rate limits are waited for here, by GitHub's rules (docs.github.com, "Rate
limits for the REST API", "Exceeding the rate limit"), as these refusals say that nothing was done.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ..errors import ConfigError

if TYPE_CHECKING:
    import urllib3

NEEDS = "speaking to a server needs urllib3: pip install 'pexec[ci]'"
TRIES = 4  # of one request that a limit refuses
PATIENCE = 120.0  # seconds, for all waits of one request; a job that sleeps costs money
#: Without a header that says how long: at least a minute, by GitHub's rules.
MINUTE = 60.0
_LINK = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next\b', re.IGNORECASE)


class Refused(ConfigError):
    """A server answered with an error, or not at all (``status`` 0)."""

    def __init__(self, words: str, status: int = 0, said: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.said = said


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: JSON, and the address of the next page ("" on the last)."""

    data: Any
    next_page: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A REST interface below ``address``, and who asks.

    ``headers`` hold the token, which is in no message, and not in the text of this object.
    """

    address: str
    headers: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False, default="")
    sleep: Callable[[float], None] = time.sleep
    backoff: float = 0.5  # seconds before the second retry; doubled from there
    timeout: float = 30.0  # seconds for an answer

    def ready(self) -> None:
        """Raises ConfigError if a request could not be made here."""
        _library()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def request(
        self, method: str, path: str, body: object = None, *, repeat: bool = False
    ) -> Answer:
        """One request, repeated where that may help. Raises Refused.

        ``repeat``: done twice it does the same, although it is a POST.

        ``path`` may be a whole address, as the next page has one; of another server it is refused,
        which must not get the token.
        """
        url = path if "://" in path else f"{self.address.rstrip('/')}/{path.lstrip('/')}"
        if urlsplit(url)[:2] != urlsplit(self.address)[:2]:
            raise Refused(f"{self.address} points to another server, which is not followed")
        data = None if body is None else json.dumps(body).encode()
        waited = 0.0
        for attempt in range(1, TRIES + 1):
            response = self._sent(method, url, data, repeat)
            pause = _pause(response, attempt)
            if pause is None:
                return self._answer(method, url, response)
            if attempt == TRIES or waited + pause > PATIENCE:
                raise Refused(
                    f"{self._place(method, url)}: a rate limit is reached (status "
                    f"{response.status}), to be asked again in {pause:.0f} s; run the job later",
                    response.status,
                )
            self.sleep(pause)
            waited += pause
        raise AssertionError("the last attempt returns or raises")

    def _sent(
        self, method: str, url: str, data: bytes | None, repeat: bool
    ) -> urllib3.BaseHTTPResponse:
        pool, library = self._pool(url, repeat)
        error = library.exceptions.HTTPError
        try:
            return pool.request(method, url, body=data, headers=self._headers(data), redirect=False)
        except error as problem:
            raise Refused(f"{self._place(method, url)}: {self._clean(_words(problem))}") from None
        except ValueError:  # of what the library says of headers, the token may be a part
            raise Refused(f"{self._place(method, url)}: the request cannot be written") from None

    def _pool(self, url: str, repeat: bool) -> tuple[urllib3.PoolManager, Any]:
        from urllib.request import getproxies, proxy_bypass

        urllib3 = _library()
        retries = urllib3.Retry(
            total=3, backoff_factor=self.backoff, status_forcelist=(500, 502, 503, 504),
            allowed_methods=None if repeat else ("GET", "PATCH", "PUT"), raise_on_status=False,
            respect_retry_after_header=False,
        )  # fmt: skip
        settings: dict[str, Any] = {
            "retries": retries,
            "timeout": urllib3.Timeout(connect=10.0, read=self.timeout),
        }
        split = urlsplit(url)
        proxy = getproxies().get(split.scheme)
        if proxy and not proxy_bypass(split.hostname or ""):
            return urllib3.ProxyManager(proxy, **settings), urllib3
        return urllib3.PoolManager(**settings), urllib3

    def _headers(self, data: bytes | None) -> dict[str, str]:
        kind = {"Content-Type": "application/json"} if data is not None else {}
        return {**self.headers, **kind}

    def _answer(self, method: str, url: str, response: urllib3.BaseHTTPResponse) -> Answer:
        try:
            data: Any = json.loads(response.data) if response.data else None
        except (ValueError, RecursionError):
            data = None
        if 200 <= response.status < 300:
            return Answer(data, _next_page(url, response.headers))
        said = self._clean(_message(data))
        words = f"{self._place(method, url)}: status {response.status}"
        raise Refused(f"{words}: {said}" if said else words, response.status, said)

    def _place(self, method: str, url: str) -> str:
        split = urlsplit(url)
        return f"{method} {split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"

    def _clean(self, words: str) -> str:
        """Words of others without the token, and not too many."""
        kept = words.replace(self.token, "***") if self.token else words
        return kept if len(kept) <= 500 else f"{kept[:500]}…"


def _library() -> Any:
    try:
        import urllib3
    except ImportError:
        raise ConfigError(NEEDS) from None
    return urllib3


def checked_token(token: str, name: str) -> str:
    """A token as it may stand in a header. Raises ConfigError, which does not show it."""
    token = token.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ConfigError(f"the environment variable {name} holds no token: it is empty, or has "
                          "spaces or letters in it that no token has")  # fmt: skip
    return token


def _pause(response: urllib3.BaseHTTPResponse, attempt: int) -> float | None:
    """Seconds to wait if a limit refused a request, or None."""
    if response.status not in (403, 429):
        return None
    headers = response.headers
    if (after := _number(headers.get("retry-after"))) is not None:
        return after
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset"))
        # A second more: the clocks of two machines differ.
        return MINUTE if reset is None else max(0.0, reset - time.time()) + 1
    if response.status == 429 or b"secondary rate limit" in response.data.lower():
        return MINUTE * 2 ** (attempt - 1)
    return None


def _next_page(url: str, headers: Mapping[str, str]) -> str:
    """The address of the page after that of ``url``, or "".

    GitLab's `Link` has the scheme of the last proxy and the port of its settings, which together
    may be those of no server; the number beside it (`X-Next-Page`) goes where this page came from.
    """
    if (number := _number(headers.get("x-next-page"))) is not None:
        split = urlsplit(url)
        query = [pair for pair in parse_qsl(split.query) if pair[0] != "page"]
        return urlunsplit(split._replace(query=urlencode([*query, ("page", f"{number:.0f}")])))
    found = _LINK.search(headers.get("link", ""))
    return urljoin(url, found[1]) if found else ""


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,12}", text.strip()) else None


def _words(problem: Exception) -> str:
    """What went wrong on the way, without the layers of the library."""
    reason = getattr(problem, "reason", None) or problem
    words = str(reason)
    # "<urllib3.connection.HTTPConnection object at 0x…>: Failed to establish …"
    return re.sub(r"^\S*(?:<[^>]*>|\w+\([^)]*\)): ", "", words) or type(reason).__name__


def _message(data: Any) -> str:
    """What GitHub (`message`, `errors`) or GitLab (`message`, `error`) says."""
    if not isinstance(data, dict):
        return ""
    keys = ("message", "error", "error_description", "errors")
    words = [_flat(data[key]) for key in keys if data.get(key)]  # type: ignore[reportUnknown]
    return " ".join(": ".join(words).split()).removesuffix(".")


def _flat(value: Any, depth: int = 3) -> str:
    """A value of JSON as words: GitLab nests what it says, `{"message": {"note": ["…"]}}`."""
    if not depth:
        return "…"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_flat(v, depth - 1)}" for k, v in value.items())  # type: ignore[reportUnknown]
    if isinstance(value, list):
        return ", ".join(_flat(v, depth - 1) for v in value)  # type: ignore[reportUnknown]
    return str(value)
