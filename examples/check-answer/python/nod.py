"""Checks Nod answers in a Python back end. Copy this file; the offline check needs `PyJWT[crypto]`."""

import json
import time
import urllib.request

import jwt

LEEWAY_SECONDS = 60


class Refused(Exception):
    """The answer must not be acted on; the text says why."""


class Nod:
    def __init__(self, authority, sitekey, secret, origin, action, address=None, jwks=None):
        """`address` is where this server reaches the authority, if not under the name that browsers use."""
        self.authority, self.sitekey, self.secret = authority, sitekey, secret
        self.origin, self.action = origin, action
        self.address = address or authority
        self.keys = jwt.PyJWKClient(jwks or f"{self.address}/.well-known/jwks.json")
        # `jti` of accepted answers and when they expire. Several processes need one store for all, such as a table.
        self.seen = {}

    def siteverify(self, token, rp_nonce):
        """Has the authority check `token`. Returns what it says, or raises; `yes` is still to be looked at."""
        request = urllib.request.Request(
            f"{self.address}/v1/siteverify",
            data=json.dumps({"secret": self.secret, "response": token}).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                answer = json.load(reply)
        except OSError as error:
            raise Refused(f"nothing is known: {error}") from error
        if not answer["success"]:
            raise Refused(" ".join(answer["error_codes"]))
        return self._about(answer, rp_nonce)

    def offline(self, token, rp_nonce):
        """The same without asking: signature, type, issuer, audience, time, and that it was not seen before."""
        try:
            if jwt.get_unverified_header(token).get("typ") != "nod-answer+jwt":
                raise Refused("no answer by its type")
            answer = jwt.decode(
                token,
                self.keys.get_signing_key_from_jwt(token).key,
                algorithms=["ES256"],
                issuer=self.authority,
                audience=self.sitekey,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "jti"]},
            )
        except jwt.PyJWTError as error:
            raise Refused(str(error)) from error
        said = self._about(answer, rp_nonce)
        now = time.time()
        self.seen = {jti: until for jti, until in self.seen.items() if until >= now}
        if answer["jti"] in self.seen:
            raise Refused("this answer was used before")
        self.seen[answer["jti"]] = answer["exp"] + LEEWAY_SECONDS
        return said

    def _about(self, answer, rp_nonce):
        """An answer to our own question, not to another one of ours or of somebody else."""
        if not rp_nonce or answer.get("rp_nonce") != rp_nonce:
            raise Refused("about another page view")
        if answer["origin"] != self.origin:
            raise Refused("about another page")
        if answer["action"] != self.action:
            raise Refused("about another action")
        return {"yes": answer["yes"] is True, "sub": answer.get("sub")}
