"""Reads lines of {"how", "token", "rp_nonce"}, writes a line of {"yes", "sub"} or {"refused"} for each."""

import json
import os
import sys

from nod import Nod, Refused

nod = Nod(**json.loads(os.environ["NOD_SETTINGS"]))

for line in sys.stdin:
    ask = json.loads(line)
    check = nod.offline if ask["how"] == "offline" else nod.siteverify
    try:
        said = check(ask["token"], ask["rp_nonce"])
    except Refused as error:
        said = {"refused": str(error)}
    print(json.dumps(said), flush=True)
