// Must not compile unless NAMED is defined: what to retry has to be named.
#include <redial/retrying/retrying.hpp>

int main() {
  const redial::RetryOptions options{
#ifdef NAMED
      .retry_if = redial::retry_if::never(),
#endif
      .stop = redial::stop::never()};
  return redial::retry(options, [] { return 0; });
}
