// Scripts of the fault server: any bytes are a script that can be loaded, or an error with a line.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "errors.hpp"
#include "fault_script.hpp"

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  try {
    const cli::FaultScript script = cli::parse_fault_script(text, "fuzz");
    if (script.routes.empty() != script.proxy) std::abort();
    for (const auto& [when, change] : script.rules) {
      testing::Reply reply;
      change(reply);
    }
  } catch (const cli::UsageError& error) {
    if (std::string_view(error.what()).find("fuzz, line ") != 0) std::abort();
  }
  return 0;
}
