"""What schemathesis cannot know from the document: the secret of the site that is registered for it."""

import os

import schemathesis

SECRET = os.environ["NOD_SITE_SECRET"]

# Bytes go out as they are.
for media_type in ("application/nod-sealed", "message/ohttp-req"):
    schemathesis.serializer.alias(media_type, "application/octet-stream")


@schemathesis.hook
def map_body(context, body):
    """Half of the checks of answers come from a registered back end."""
    is_check = isinstance(body, dict) and isinstance(body.get("secret"), str) and "response" in body
    if is_check and len(body["secret"]) % 2 == 0:
        return {**body, "secret": SECRET}
    return body
