#!/usr/bin/env python3
"""requests with urllib3's Retry, for the campaign: a line for a call in, "STATUS BODY" out; status 0 is an error."""
import re
import socket
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

# The article's policy, but for the waits, which a test has no time for.
POLICY = dict(total=3, backoff_factor=0.001, status_forcelist=[429, 500, 502, 503, 504])
METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]
MODES = {"none": None, "default": dict(POLICY, allowed_methods=METHODS),
         "post": dict(POLICY, allowed_methods=METHODS + ["POST"])}

addresses = {}  # host: what the next look-ups find, the last stays
real_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host, *args, **kwargs):
    found = addresses.get(host)
    if found:
        host = found.pop(0) if len(found) > 1 else found[0]
    return real_getaddrinfo(host, *args, **kwargs)


def made(policy):
    session = requests.Session()
    session.trust_env = False
    if policy is not None:
        session.mount("http://", HTTPAdapter(max_retries=Retry(**policy)))
        session.mount("https://", HTTPAdapter(max_retries=Retry(**policy)))
    return session


def called(session, ca, url, ident, key, body):
    headers = {"X-Request-Id": ident, "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    try:
        answer = session.post(url, data=body, headers=headers, timeout=1, verify=ca or True)
        return answer.status_code, answer.text
    except requests.RequestException as error:
        status = re.search(r"too many (\d+) error", str(error))  # it does tell the last status
        return int(status.group(1)) if status else 0, ""


def main():
    socket.getaddrinfo = getaddrinfo
    session, its_round = None, None
    for line in sys.stdin:
        number, ca, url, ident, key, body, first, later = line.rstrip("\n").split("\t")
        if number != its_round:
            session, its_round = made(MODES[sys.argv[1]]), number
        addresses.clear()
        host = url.split("/")[2].split(":")[0]
        if host.endswith(".test"):
            addresses[host] = [first, later]
        status, text = called(session, ca, url, ident, key, body)
        print(status, text.splitlines()[0] if text else "", flush=True)


main()
