// Redaction of any text: it ends, stays redacted, and leaves no value of a secret parameter behind.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <redial/http/redact.hpp>
#include <redial/http/route.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string once = redial::redact_urls(text);
  if (redial::redact_urls(once) != once) std::abort();
  const std::string planted =
      std::string(text) + " https://h.test/?token=PLANTED&" + std::string(text);
  const bool before = text.find("PLANTED") != std::string_view::npos;
  if (!before && redial::redact_urls(planted).find("PLANTED") != std::string::npos) std::abort();
  const std::string route = redial::route_template(text);
  if (route.empty() || route.front() != '/' || route.size() > 120) std::abort();
  return 0;
}
