// Must not compile unless NAMED is defined: a wrapped callable is given all of its arguments.
#include <redial/retrying/retrying.hpp>

int main() {
  auto sum =
      redial::retrying({.retry_if = redial::retry_if::never()}, [](int a, int b) { return a + b; });
#ifdef NAMED
  return sum(1, -1);
#else
  return sum(1);
#endif
}
