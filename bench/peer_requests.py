"""Python's requests: a thread for each request in flight, one session. Usage: URL CA_FILE REQUESTS AT_ONCE, as of
build/bench/crowd."""

import sys, threading

import requests
from requests.adapters import HTTPAdapter

import peer_work


def main(url, ca_file, count, at_once):
    work = peer_work.Work(at_once, count)
    session = requests.Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, HTTPAdapter(pool_maxsize=at_once))
    failures = []

    def lane():
        done = 0
        try:
            while work.next(done):
                answer = session.get(url, timeout=10, verify=ca_file)
                peer_work.expect(answer.status_code, answer.content)
                done += 1
        except Exception as error:
            work.failed = True
            failures.append(error)

    threads = [threading.Thread(target=lane) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    work.tell()


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
