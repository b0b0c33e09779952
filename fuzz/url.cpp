// URLs: what is accepted is in one form (parsing it again changes nothing), and references resolve
// or are refused.

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <redial/http/url.hpp>

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto url = Url::try_parse(text)) {
    if (Url(url->str()).str() != url->str()) std::abort();
    if (url->host().empty() || url->target().empty() || url->port() == 0) std::abort();
    if (url->str().find_first_of("\r\n ") != std::string::npos) std::abort();
    (void)url->redacted();
  }
  try {
    (void)Url("http://user:pass@host.test/a/b?c#d").resolve(text);
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
