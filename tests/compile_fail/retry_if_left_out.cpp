// Must not compile unless NAMED is defined: what to retry has to be named. With CALLED in the
// braces of a call.
#include <redial/retrying/retrying.hpp>

#ifdef NAMED
#define WHAT .retry_if = redial::retry_if::never(),
#else
#define WHAT
#endif

int main() {
#ifdef CALLED
  return redial::retry({WHAT.stop = redial::stop::never()}, [] { return 0; });
#else
  const redial::RetryOptions options{WHAT.stop = redial::stop::never()};
  return redial::retry(options, [] { return 0; });
#endif
}
