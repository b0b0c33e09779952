"""What the Python peers of bench/crowd.py share: bench/crowd/peer.hpp and main.cpp once more."""

import json, resource, threading, time

_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a descriptor


def expect(status, body):
    if status != 200 or len(body) != 200:
        raise RuntimeError(f"status {status} with {len(body)} bytes")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Work:
    """The requests that lanes share; measuring begins when every lane has its connection."""

    def __init__(self, lanes, count):
        self.lanes, self.count = lanes, count
        self.connected = self.taken = 0
        self.begin = None
        self.failed = False  # a lane has: none makes another request
        self.lock = threading.Lock()

    def next(self, done):
        """Whether a lane that has made `done` requests is to make another."""
        with self.lock:
            if self.failed:
                return False
            if done == 1:
                self.connected += 1
                if self.connected == self.lanes:
                    self.begin = cpu(), time.monotonic()
            if self.begin is None:
                return True
            self.taken += 1
            return self.taken <= self.count

    def tell(self):
        """Prints CPU and time a request."""
        used, wall = cpu() - self.begin[0], time.monotonic() - self.begin[1]
        print(json.dumps({"cpu_us": used / self.count * 1e6, "wall_us": wall / self.count * 1e6}))
